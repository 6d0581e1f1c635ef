//! `iTunSMPB`: what of coded sound is to be heard, as iTunes and its kin write it where there is no edit list.

use std::collections::BTreeMap;

use crate::{Edit, EditList, Timebase};

/// The edit list that the comment `iTunSMPB` stands for, of a track of `ticks` media ticks; `None` where there is none or it does
/// not belong to such a track.
///
/// Its fields are hexadecimal: 0, samples of priming, samples of padding, samples to be heard, and others of no meaning here;
/// samples are those of the core codec, the ticks of the track.
pub(crate) fn edit_list(metadata: &BTreeMap<String, String>, clock: Timebase, ticks: i64) -> Option<EditList> {
    let text = metadata.get("iTunSMPB")?;
    let mut fields = text.split_ascii_whitespace().map(|f| i64::from_str_radix(f, 16).ok());
    let (_, priming, padding, heard) = (fields.next()??, fields.next()??, fields.next()??, fields.next()??);
    let whole = priming.checked_add(padding)?.checked_add(heard)?;
    // The last packet may be shorter than the encoder's frame.
    let fits = priming >= 0 && padding >= 0 && heard > 0 && whole.abs_diff(ticks) <= padding.unsigned_abs();
    let heard = heard.min(ticks.checked_sub(priming)?);
    let edits = vec![Edit { duration: u64::try_from(heard).ok()?, media_time: priming, rate: 1 << 16 }];
    fits.then_some(EditList { timebase: clock, edits })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, ticks: i64) -> Option<(u64, i64)> {
        let metadata = BTreeMap::from([("iTunSMPB".to_string(), text.to_string())]);
        edit_list(&metadata, Timebase::per_second(44100), ticks).map(|l| (l.edits[0].duration, l.edits[0].media_time))
    }

    #[test]
    fn fields() {
        let text = " 00000000 00000840 000003C0 0000000000019000 00000000 00000000";
        assert_eq!(of(text, 103 * 1024), Some((102_400, 2112)));
        assert_eq!(of(text, 103 * 1024 - 60), Some((102_400, 2112)), "a last packet cut short");
        assert_eq!(of(text, 90 * 1024), None, "of another track");
        for bad in ["", " 0 1 2", " 0 x 0 1", " 0 0 0 0", " 0 7fffffffffffffff 7fffffffffffffff 1", " 0 -1 1 400"] {
            assert_eq!(of(bad, 1024), None, "{bad}");
        }
    }
}
