//! Languages of `mdhd`: packed ISO 639-2/T codes, and the numbers that QuickTime took from the classic Mac OS.

use crate::Language;

/// Mac language codes 0 to 94 and 128 to 151 in order, in ISO 639-2/T (QuickTime File Format, "Language Code Values").
const MAC: [&[u8]; 2] = [
    b"engfradeuitanldswespadanpornorhebjpnarafinellislmltturhrvzhourdhinthakorlitpolhunestlavsmefaofasruszhonld\
glesqironcesslkslvyidsrpmkdbulukrbeluzbkazazeazehyekatronkirtgktukmonmonpuskurkassndbodnepsanmarbenasmguj\
panorimalkantamtelsinmyakhmlaovieindtglmsamsaamhtirormsomswakinrunnyamlgepo",
    b"cymeuscatlatquegrnaymtatuigdzojavsunglgafrbreikuglaglvgletongrckalaze",
];

/// The language of an `mdhd` code. Codes below 0x400 are Mac numbers; 0x7fff is "unspecified".
pub(crate) fn from_code(code: u16) -> Language {
    let bytes = if code >= 0x400 {
        let letter = |shift: u16| (code >> shift & 31) as u8 + 0x60;
        [letter(10), letter(5), letter(0)]
    } else {
        let i = usize::from(code);
        let (table, i) = if i < 128 { (mac_table(0), i) } else { (mac_table(1), i - 128) };
        table.get(i).copied().unwrap_or(*b"und")
    };
    if bytes.iter().all(u8::is_ascii_lowercase) { Language(bytes) } else { Language::UNDETERMINED }
}

fn mac_table(i: usize) -> &'static [[u8; 3]] {
    MAC[i].as_chunks().0
}

/// The packed ISO code.
pub(crate) fn packed(language: Language) -> u16 {
    language.0.iter().fold(0, |code, &c| code << 5 | u16::from(c - 0x60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for code in ["eng", "und", "zza", "aaa"] {
            let language = Language::new(code).unwrap();
            assert_eq!(from_code(packed(language)), language);
        }
        let known = [(0, "eng"), (2, "deu"), (11, "jpn"), (23, "kor"), (32, "rus"), (80, "vie"), (94, "epo")];
        let known = known.into_iter().chain([(128, "cym"), (130, "cat"), (140, "glg"), (149, "kal")]);
        for (code, name) in known.chain([(95, "und"), (500, "und"), (0x7fff, "und"), (0x55c4, "und")]) {
            assert_eq!(from_code(code).as_str(), name, "{code}");
        }
        assert_eq!([mac_table(0).len(), mac_table(1).len()], [95, 23]);
        assert!(MAC.iter().all(|t| t.len() % 3 == 0 && t.iter().all(u8::is_ascii_lowercase)));
    }
}
