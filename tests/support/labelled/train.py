"""Texts of the training part: letters, forms, tables, logs, policies. Slots are filled by make.py; `[[health|…]]` marks a keyword."""

LABELS = {
    'da': dict(id=['CPR-nr.', 'CPR', 'cpr', 'Personnummer', 'CPR-nummer'], phone=['Tlf.', 'Telefon', 'Mobil', 'tlf'], mail=['E-mail', 'Mail'],
               iban=['IBAN'], card=['Kortnr.', 'Dankort'], acct=['Kontonr.', 'Reg.nr. og kontonr.'], addr=['Adresse', 'Bopæl'], plate=['Reg.nr. bil', 'Nummerplade'],
               dob=['Født', 'Fødselsdato'], name=['Navn', 'Kontaktperson'], order=['Ordrenr.', 'Ordrenummer'], invoice=['Faktura', 'Fakturanr.'],
               case=['Sagsnr.', 'J.nr.'], cust=['Kundenr.'], org=['CVR', 'CVR-nr.'], ocr=['Betalings-ID', 'FIK'], serial=['Serienr.', 'Målernr.'], date='%d-%m-%Y'),
    'sv': dict(id=['Personnummer', 'Personnr', 'Pnr'], phone=['Tel', 'Telefon', 'Mobil'], mail=['E-post'], iban=['IBAN'], card=['Kortnummer'],
               acct=['Bankgiro', 'Plusgiro'], addr=['Adress', 'Bostadsadress'], plate=['Registreringsnummer', 'Regnr bil'], dob=['Född', 'Födelsedatum'],
               name=['Namn', 'Kontaktperson'], order=['Ordernr', 'Ordernummer'], invoice=['Fakturanr', 'Fakturanummer'], case=['Ärendenr', 'Dnr'],
               cust=['Kundnr'], org=['Org.nr', 'Organisationsnummer'], ocr=['OCR'], serial=['Serienr', 'Mätarnr'], date='%Y-%m-%d'),
    'nb': dict(id=['Fødselsnummer', 'Fnr', 'Personnummer', 'Fødselsnr.'], phone=['Tlf.', 'Telefon', 'Mobil'], mail=['E-post'], iban=['IBAN'], card=['Kortnummer'],
               acct=['Kontonr.', 'Kontonummer', 'Lønnskonto'], addr=['Adresse', 'Bosted'], plate=['Kjennemerke', 'Registreringsnummer'], dob=['Født', 'Fødselsdato'],
               name=['Navn', 'Kontaktperson'], order=['Ordrenr.', 'Ordrenummer'], invoice=['Fakturanr.', 'Faktura'], case=['Saksnr.', 'Arkivsak'], cust=['Kundenr.'],
               org=['Org.nr.', 'Organisasjonsnummer'], ocr=['KID'], serial=['Serienr.', 'Målernr.'], date='%d.%m.%Y'),
    'fi': dict(id=['Henkilötunnus', 'Hetu', 'HETU'], phone=['Puh.', 'Puhelin', 'GSM'], mail=['Sähköposti'], iban=['IBAN', 'Tilinumero'], card=['Kortin numero', 'Luottokortti'],
               acct=['IBAN'], addr=['Osoite', 'Kotiosoite'], plate=['Rekisterinumero', 'Rekisteritunnus'], dob=['Syntymäaika'], name=['Nimi', 'Yhteyshenkilö'],
               order=['Tilausnumero'], invoice=['Laskunumero'], case=['Asianumero'], cust=['Asiakasnumero'], org=['Y-tunnus'], ocr=['Viitenumero'], serial=['Sarjanumero'], date='%d.%m.%Y'),
    'is': dict(id=['Kennitala', 'Kt.', 'kt.'], phone=['Sími', 'Farsími'], mail=['Netfang'], iban=['IBAN'], card=['Kortanúmer'], acct=['IBAN'], addr=['Heimilisfang'],
               plate=['Skráningarnúmer'], dob=['Fæðingardagur'], name=['Nafn'], order=['Pöntunarnúmer'], invoice=['Reikningsnúmer'], case=['Málsnúmer'], cust=['Viðskiptanúmer'],
               org=['VSK-númer'], ocr=['Tilvísun'], serial=['Raðnúmer'], date='%d.%m.%Y'),
    'en': {**{'id da': ['CPR number', 'Danish CPR'], 'id sv': ['Swedish personal identity number', 'Personnummer'], 'id nb': ['Norwegian national identity number', 'Fødselsnummer'], 'id fi': ['Finnish personal identity code', 'Henkilötunnus']}, **dict(phone=['Phone', 'Tel.', 'Mobile'], mail=['E-mail', 'Email'], iban=['IBAN'], card=['Card number', 'Credit card'],
               acct=['IBAN'], addr=['Address'], plate=['Licence plate', 'Registration number'], dob=['Date of birth', 'Born'], name=['Name', 'Contact'], order=['Order no.', 'Order number'],
               invoice=['Invoice no.', 'Invoice'], case=['Case ID', 'Ticket'], cust=['Customer no.'], org=['VAT no.', 'CVR'], ocr=['Payment reference'], serial=['Serial no.', 'Part no.'], date='%d %B %Y')},
}

PERSONAL = {
    'da': ['Kære {name}', 'Vi har talt med {name} ({id}) om fraflytningen.', 'Lejer {name}, {lid}, er flyttet ind pr. {date}.', 'Du kan ringe til {name} på {phone} efter kl. 16.',
           'Skriv til {mail}, hvis du har spørgsmål.', '{name} bor {addr}.', 'Depositum tilbagebetales til {lacct}.', 'Bilen med {lplate} holder ulovligt i gården.',
           'Jeg hedder {name} og er {ldob}.', 'Hans {lid}, og hans mail er {mail}.', 'Lønnen til {name} indsættes på {liban}.', 'Betalt med kort {card} den {date}.',
           'Login fra {ip} den {date} kl. 12.41.', 'cc: {name} <{mail}>', 'Vedr. {name}, {id}: ansøgning modtaget.', '{name}s lejekontrakt udløber {date}.', 'Med venlig hilsen\n{name}\n{lphone}',
           'Overlæge {name} har vurderet sagen.', 'Til stede: {name}, {name} og {name}.', 'Barnets {lid}; mor: {name}, far: {name}.', 'Nøglen er udleveret til {name}, {phone}.', 'Ejer: {lastfirst}, {addr}'],
    'sv': ['Hej {name}!', 'Vi har talat med {name} ({id}) om uppsägningen.', 'Hyresgästen {name}, {lid}, flyttar in {date}.', 'Ring {name} på {phone} efter kl. 16.', 'Skriv till {mail} om du har frågor.',
           '{name} bor på {addr}.', 'Hyran betalas till {lacct}.', 'Bilen med {lplate} står felparkerad.', 'Jag heter {name} och är {ldob}.', 'Hans {lid} och hans e-post är {mail}.',
           'Lönen till {name} sätts in på {liban}.', 'Betalat med kort {card} den {date}.', 'Inloggning från {ip} den {date}.', 'Kopia: {name} <{mail}>', 'Ang. {name}, {id}: ansökan har inkommit.',
           '{name}s kontrakt löper ut {date}.', 'Med vänlig hälsning\n{name}\n{lphone}', 'Rektor {name} har beslutat i ärendet.', 'Närvarande: {name}, {name} och {name}.', 'Barnets {lid}; mamma: {name}, pappa: {name}.'],
    'nb': ['Kjære {name}', 'Vi har snakket med {name} ({id}) om utflyttingen.', 'Leietaker {name}, {lid}, flytter inn {date}.', 'Ring {name} på {phone} etter kl. 16.', 'Skriv til {mail} hvis du har spørsmål.',
           '{name} bor i {addr}.', 'Depositumet betales tilbake til {lacct}.', 'Bilen med {lplate} står feilparkert.', 'Jeg heter {name} og er {ldob}.', 'Hans {lid}, og hans e-post er {mail}.',
           'Lønnen til {name} settes inn på {liban}.', 'Betalt med kort {card} den {date}.', 'Innlogging fra {ip} den {date}.', 'Kopi: {name} <{mail}>', 'Vedr. {name}, {id}: søknad mottatt.',
           '{name}s kontrakt utløper {date}.', 'Med vennlig hilsen\n{name}\n{lphone}', 'Rektor {name} har avgjort saken.', 'Til stede: {name}, {name} og {name}.', 'Barnets {lid}; mor: {name}, far: {name}.'],
    'fi': ['Hei {name}', 'Keskustelimme asiasta {name} ({id}) kanssa.', 'Vuokralainen {name}, {lid}, muuttaa {date}.', 'Soita: {name}, {phone}.', 'Kirjoita osoitteeseen {mail}, jos on kysyttävää.',
           '{name} asuu osoitteessa {addr}.', 'Palkka maksetaan tilille {liban}.', 'Auto, jonka {lplate}, on pysäköity väärin.', 'Nimeni on {name}, {ldob}.', 'Maksettu kortilla {card} {date}.',
           'Kirjautuminen osoitteesta {ip} {date}.', 'Kopio: {name} <{mail}>', 'Ystävällisin terveisin\n{name}\n{lphone}', 'Läsnä: {name}, {name} ja {name}.', 'Lapsen {lid}; äiti: {name}, isä: {name}.', 'Rehtori {name} päätti asiasta.'],
    'is': ['Sæl {name}', 'Leigjandi {name}, {lid}, flytur inn {date}.', 'Hringdu í {name}, {lphone}.', 'Sendu póst á {mail}.', '{name} býr á {addr}.', 'Laun greiðast inn á {liban}.', 'Með kveðju\n{name}\n{lphone}', 'Viðstödd: {name}, {name} og {name}.'],
    'en': ['Dear {name},', 'We spoke to {name} ({id}) about the lease.', 'The tenant {name}, {lid}, moves in on {date}.', 'Call {name} on {phone} after 4 pm.', 'Write to {mail} if you have questions.', '{name} lives at {addr}.',
           'The salary of {name} is paid to {liban}.', 'The car with {lplate} is parked illegally.', 'My name is {name}, {ldob}.', 'Paid by card {card} on {date}.', 'Login from {ip} on {date}.', 'cc: {name} <{mail}>',
           'Kind regards\n{name}\n{lphone}', 'Present: {name}, {name} and {name}.', 'Dr. {name} has seen the file.'],
}

IMPERSONAL = {
    'da': ['Din ordre {order} er afsendt; track & trace {serial}.', '{lorder} er på lager.', '{linvoice}, beløb {amt}, forfald {date}.', '{lcase} er afsluttet den {date}.', '{lcust} og {lorg} skal altid oplyses.',
           'Betal med {locr} senest {date}.', 'Varen har EAN {ean} og {lserial}.', 'Bogen (ISBN {isbn}) er bestilt.', 'Opdateret {ts} til version {ver}.', 'Byggefeltet ligger ved {coord}.', 'Filens hash er {hash}.',
           'id={guid}; status=OK', 'Firmaet, {lorg}, har til huse i Odense.', 'Budgettet er {amt} mod {amt} året før.', 'Tirsdag den {date} er kontoret lukket.', 'Skriv til {role} eller ring til os.',
           'Bygningen rummer 1250 m2 fordelt på 24 lejemål.', 'Jf. lejelovens § 112, stk. 2, og bekendtgørelse nr. 1234 af {date}.', 'Rute 42 kører hvert 15. minut mellem Vejle og Holstebro.', 'Mødet holdes på Rådhuspladsen ved Hotel Larsen.',
           'P-nr. {pnr} hører til afdelingen.', 'Byens Skole og Holm Vinduer A/S deltager.', 'Kampagnen når 45 000 000 visninger i 2025 2026.', 'Skruer 12345678 stk. leveres.'],
    'sv': ['Din order {order} har skickats.', '{lorder} finns i lager.', '{linvoice}, belopp {amt}, förfaller {date}.', '{lcase} avslutades {date}.', '{lcust} och {lorg} ska alltid anges.', 'Betala med {locr} senast {date}.',
           'Varan har EAN {ean} och {lserial}.', 'Boken (ISBN {isbn}) är beställd.', 'Uppdaterad {ts} till version {ver}.', 'Tomten ligger vid {coord}.', 'Filens hash är {hash}.', 'id={guid}; status=OK',
           'Bolaget, {lorg}, har säte i Uppsala.', 'Budgeten är {amt} mot {amt} året innan.', 'Kontakta {role} eller växeln.', 'Enligt 12 kap. 42 § jordabalken.', 'Linje 42 går var 15:e minut mellan Lund och Sandviken.', 'Mötet hålls på Stortorget vid Hotell Berg.',
           'Granskolan och Björks Bygg AB deltar.', 'Lagerplats 1234-5678 är tom.'],
    'nb': ['Din ordre {order} er sendt.', '{lorder} er på lager.', '{linvoice}, beløp {amt}, forfall {date}.', '{lcase} ble avsluttet {date}.', '{lcust} og {lorg} må alltid oppgis.', 'Betal med {locr} senest {date}.',
           'Varen har EAN {ean} og {lserial}.', 'Boken (ISBN {isbn}) er bestilt.', 'Oppdatert {ts} til versjon {ver}.', 'Tomten ligger ved {coord}.', 'Filens hash er {hash}.', 'id={guid}; status=OK', 'Selskapet, {lorg}, holder til i Bergen.',
           'Budsjettet er {amt} mot {amt} året før.', 'Ta kontakt med {role} eller sentralbordet.', 'Jf. husleieloven § 9-5 og forskrift nr. 1234.', 'Linje 42 går hvert 15. minutt mellom Moss og Stein.', 'Møtet holdes på Torget ved Hotell Dahl.', 'Bergs Bakeri AS og Lia skole deltar.'],
    'fi': ['Tilauksesi {order} on lähetetty.', '{lorder} on varastossa.', '{linvoice}, summa {amt}, eräpäivä {date}.', '{lcase} päättyi {date}.', '{lcust} ja {lorg} on aina ilmoitettava.', 'Maksa viitteellä: {locr}.', 'Tuotteella on EAN {ean} ja {lserial}.',
           'Kirja (ISBN {isbn}) on tilattu.', 'Päivitetty {ts} versioon {ver}.', 'Tontti sijaitsee {coord}.', 'Tiedoston tiiviste on {hash}.', 'id={guid}; tila=OK', 'Yhtiön {lorg}, kotipaikka Turku.', 'Budjetti on {amt}.', 'Ota yhteyttä {role}.', 'Linja 42 kulkee 15 minuutin välein.',
           'Joki ja Lahti ovat kartalla.', 'Mäkelän Leipomo Oy osallistuu.'],
    'is': ['Pöntun {order} hefur verið send.', '{lorder} er til á lager.', '{linvoice}, upphæð {amt}, gjalddagi {date}.', '{lcase} lauk {date}.', 'Uppfært {ts} í útgáfu {ver}.', 'id={guid}', 'Hafðu samband við {role}.'],
    'en': ['Your order {order} has shipped.', '{lorder} is in stock.', '{linvoice}, amount {amt}, due {date}.', '{lcase} was closed on {date}.', '{lcust} and {lorg} must be given.', 'Pay with {locr} before {date}.', 'The item has EAN {ean} and {lserial}.', 'The book (ISBN {isbn}) is ordered.',
           'Updated {ts} to version {ver}.', 'The plot is at {coord}.', 'The hash of the file is {hash}.', 'id={guid}; status=OK', 'The company ({lorg}) is based in Aarhus.', 'The budget is {amt} against {amt}.', 'Contact {role} or the switchboard.', 'See section 12.4.1 of the manual.', 'Line 42 runs every 15 minutes.',
           'Baker Street and Hudson Bay are on the map.', 'The Marshall Plan and the Victoria Falls are in chapter 3.'],
}

SENSITIVE = {
    'da': ['{name} har været [[health|sygemeldt]] siden {date} på grund af [[health|depression]].', '{name}, {id}, får behandling for [[health|diabetes]].', '{name} er medlem af [[union|fagforeningen]] og betaler [[union|fagforeningskontingent]].', '{name} ({id}) er tidligere [[crime|straffet]] for [[crime|vold]].',
           '{name} er [[religion|muslim]] og ønsker fri til [[religion|ramadan]].', 'Borgeren {name} er [[sexuality|homoseksuel]] og lever med sin mand.', '{name} har afgivet [[biometric|fingeraftryk]] til adgangskontrollen.', '{name} er kandidat for [[politics|Enhedslisten]] i kommunen.', '{name} er [[ethnicity|somalier]] og søger bolig.', 'En [[genetic|gentest]] viser, at {name} bærer anlægget.'],
    'sv': ['{name} har varit [[health|sjukskriven]] sedan {date} på grund av [[health|depression]].', '{name}, {id}, får behandling för [[health|diabetes]].', '{name} är [[union|fackligt ansluten]] sedan {date}.', '{name} ({id}) är tidigare [[crime|dömd]] för [[crime|misshandel]].', '{name} är [[religion|muslim]] och vill ha ledigt.', '{name} är [[sexuality|homosexuell]].', '{name} har lämnat [[biometric|fingeravtryck]].', '{name} är [[ethnicity|rom]] och söker bostad.'],
    'nb': ['{name} har vært [[health|sykmeldt]] siden {date} på grunn av [[health|depresjon]].', '{name}, {id}, får behandling for [[health|diabetes]].', '{name} er [[union|fagorganisert]] og [[union|tillitsvalgt]].', '{name} ({id}) er tidligere [[crime|straffedømt]].', '{name} er [[religion|muslim]] og ønsker fri.', '{name} er [[sexuality|homofil]].', '{name} har avgitt [[biometric|fingeravtrykk]].'],
    'fi': ['{name} on ollut [[health|sairauslomalla]] {date} alkaen.', '{name}, {id}: [[health|masennus]] ja [[health|lääkitys]].', '{name} on [[union|ammattiliiton jäsen]].', '{name} ({id}) on [[crime|tuomittu]] [[crime|petoksesta]].', '{name} on [[religion|muslimi]].', '{name} on [[sexuality|homoseksuaali]].'],
    'is': [],
    'en': ['{name} has been on [[health|sick leave]] since {date} because of [[health|depression]].', '{name}, {id}, is treated for [[health|diabetes]].', '{name} is a [[union|trade union member]].', '{name} ({id}) was [[crime|convicted]] in 2019.', '{name} is a [[religion|Muslim]] and asks for leave.', '{name} is [[sexuality|gay]].', '{name} gave [[biometric|fingerprints]] for the door.'],
}

GENERAL = {
    'da': ['Medarbejdere, der er sygemeldt, følger sygepolitikken i kapitel 4.', 'Personoplysninger om helbred, religion og fagforening er følsomme efter artikel 9.', 'Diabetesforeningen holder møde i Kirkegade.', 'Kræftens Bekæmpelse samler ind.', 'Vi behandler ikke oplysninger om strafbare forhold.', 'Kurset handler om depression og stress generelt.', 'Fagforeninger og arbejdsgivere forhandler til foråret.'],
    'sv': ['Anställda som är sjukskrivna följer rutinen i kapitel 4.', 'Uppgifter om hälsa, religion och fackligt medlemskap är känsliga enligt artikel 9.', 'Cancerfonden samlar in pengar.', 'Kursen handlar om depression och stress i allmänhet.', 'Vi behandlar inte uppgifter om brott.'],
    'nb': ['Ansatte som er sykmeldt følger rutinen i kapittel 4.', 'Opplysninger om helse, religion og fagforening er særlige kategorier etter artikkel 9.', 'Kreftforeningen samler inn penger.', 'Kurset handler om depresjon og stress generelt.', 'Vi behandler ikke opplysninger om straffbare forhold.'],
    'fi': ['Sairauslomalla olevat työntekijät noudattavat luvun 4 ohjetta.', 'Terveyttä, uskontoa ja ammattiliiton jäsenyyttä koskevat tiedot ovat arkaluonteisia.', 'Diabetesliitto järjestää kokouksen.'],
    'is': ['Stefna um persónuvernd er birt á vefnum.'],
    'en': ['Employees on sick leave follow the procedure of chapter 4.', 'Data on health, religion and trade union membership are special categories under article 9.', 'The American Cancer Society raises money.', 'The course is about depression and stress in general.', 'We do not process data on criminal offences.'],
}

HEADINGS = {'da': ['Referat af møde', 'Notat', 'Vedr. lejemål', 'Sagsfremstilling', 'Intern mail'], 'sv': ['Mötesprotokoll', 'Anteckning', 'Ang. lägenheten', 'Ärende'], 'nb': ['Møtereferat', 'Notat', 'Ang. leiligheten', 'Saksfremlegg'],
            'fi': ['Pöytäkirja', 'Muistio', 'Asunto', 'Asia'], 'is': ['Fundargerð', 'Minnisblað'], 'en': ['Minutes', 'Note', 'Your lease', 'Case summary']}
