//! What the encoder of video can be told beyond its rate, preset and tune. The names are those that people know from x264.

use crate::error::{Error, Result};
use crate::options::{BAdapt, Direct, NalHrd, Profile};
use transcode_core::h264::enc::{EncoderConfig, VbvConfig};

/// The smallest and largest number, for messages.
type Range = (f64, f64);

/// Names each option once: the field, its name for people, its range if it is a number.
macro_rules! video_options {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $text:literal $(in $range:expr)?,)+) => {
        /// Options of the encoder of video; `None` is "not said".
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct VideoOptions { $($(#[$doc])* pub $name: Option<$type>,)+ }

        impl VideoOptions {
            /// The names of the options given.
            pub(crate) fn given(&self) -> impl Iterator<Item = &'static str> + use<> {
                [$((self.$name.is_some(), $text)),+].into_iter().filter_map(|(given, name)| given.then_some(name))
            }
            /// Numbers within what the encoder takes.
            pub(crate) fn check_ranges(&self) -> Result<()> {
                $($(
                    let (least, most): Range = $range;
                    if let Some(value) = self.$name
                        && !(least..=most).contains(&(value as f64))
                    {
                        return Err(Error::option($text, format!("{value} is not from {least} to {most}")));
                    }
                )?)+
                Ok(())
            }
        }
    };
}

video_options! {
    /// Two passes: the first finds out what each picture needs, the second shares the bits out over the whole film.
    two_pass: bool = "two_pass",
    /// Bits per second at which the decoder's buffer fills.
    vbv_maxrate: u64 = "vbv_maxrate" in (1e3, 2e9),
    /// Bits that the decoder's buffer holds.
    vbv_bufsize: u64 = "vbv_bufsize" in (1e3, 2e10),
    /// How full it is at first, 0 to 1; 0.9 if not said.
    vbv_init: f32 = "vbv_init" in (0.0, 1.0),
    /// Whether the stream tells of it.
    nal_hrd: NalHrd = "nal_hrd",
    /// Most B pictures in a row, 0 to 16.
    bframes: u8 = "bframes" in (0.0, 16.0),
    /// How their number is chosen.
    b_adapt: BAdapt = "b_adapt",
    /// Whether B pictures may be references.
    b_pyramid: bool = "b_pyramid",
    /// Weighted prediction of B pictures.
    weightb: bool = "weightb",
    /// Weighted prediction of P pictures: 0 none, 1 for fades, 2 also with a second look at the nearest picture.
    weightp: u8 = "weightp" in (0.0, 2.0),
    /// Where direct motion comes from.
    direct: Direct = "direct",
    /// Reference pictures, 1 to 16.
    references: u8 = "ref" in (1.0, 16.0),
    /// Least distance of a keyframe at a scene cut from the one before.
    min_keyint: u32 = "min_keyint" in (1.0, 4_294_967_295.0),
    /// Whether scene cuts become keyframes.
    scenecut: bool = "scenecut",
    /// Pictures of lookahead, 0 to 250.
    rc_lookahead: u8 = "rc_lookahead" in (0.0, 250.0),
    /// The deblocking filter: `None` is off; its two offsets, -6 (less) to 6 (more).
    deblock: Option<[i8; 2]> = "deblock",
    /// Strength of adaptive quantisation, 0 (off) to 3.
    aq_strength: f32 = "aq_strength" in (0.0, 3.0),
    /// How much quality follows complexity, 0 to 1.
    qcomp: f32 = "qcomp" in (0.0, 1.0),
    /// Quantiser step of P pictures over that of keyframes.
    ipratio: f32 = "ipratio" in (0.1, 10.0),
    /// Quantiser step of B pictures over that of P pictures.
    pbratio: f32 = "pbratio" in (0.1, 10.0),
    /// Least quantiser, 0 to 51.
    qpmin: u8 = "qpmin" in (0.0, 51.0),
    /// Largest quantiser, 0 to 51.
    qpmax: u8 = "qpmax" in (0.0, 51.0),
    /// What the decoder must know.
    profile: Profile = "profile",
    /// What the decoder must stand, as ten times its number: 41 is level 4.1.
    level: u8 = "level",
    /// Whether the error of the pictures is measured, for the statistics.
    psnr: bool = "psnr",
}

/// The levels there are, as people write them.
pub const LEVELS: [&str; 19] = [
    "1", "1.1", "1.2", "1.3", "2", "2.1", "2.2", "3", "3.1", "3.2", "4", "4.1", "4.2", "5", "5.1", "5.2", "6", "6.1",
    "6.2",
];

/// Reads a level: `4.1`, `41` or `4`.
///
/// # Errors
/// [`Error::InvalidOption`] that lists the levels there are.
pub fn parse_level(s: &str) -> Result<u8> {
    let plain = |l: &str| l.replace('.', "");
    let is = |l: &&&str| {
        **l == s || s.strip_suffix(".0") == Some(l) || l.contains('.') && plain(l) == s || format!("{l}0") == s
    };
    LEVELS
        .iter()
        .find(is)
        .and_then(|l| plain(&format!("{l:0<1}")).parse::<u8>().ok())
        .map(|n| if n < 10 { 10 * n } else { n })
        .ok_or_else(|| Error::option("level", format!("{s:?} is not one of {}", LEVELS.join(", "))))
}

/// A level as people write it.
pub fn level_name(idc: u8) -> String {
    if idc.is_multiple_of(10) { (idc / 10).to_string() } else { format!("{}.{}", idc / 10, idc % 10) }
}

/// Reads the deblocking filter's offsets: two numbers with `:` or `,` between them, or one for both.
///
/// # Errors
/// [`Error::InvalidOption`] if they are not from -6 to 6.
pub fn parse_deblock(s: &str) -> Result<[i8; 2]> {
    let number = |t: &str| t.parse::<i8>().ok().filter(|n| (-6..=6).contains(n));
    let (a, b) = s.split_once([':', ',']).unwrap_or((s, s));
    match (number(a), number(b)) {
        (Some(a), Some(b)) => Ok([a, b]),
        _ => Err(Error::option("deblock", format!("{s:?} is not two numbers from -6 to 6, like -1:-1"))),
    }
}

impl VideoOptions {
    /// Options that need or exclude each other.
    pub(crate) fn check(&self) -> Result<()> {
        self.check_ranges()?;
        let needs = |name, other: &str| Err(Error::option(name, format!("needs {other}")));
        if self.vbv_maxrate.is_some() != self.vbv_bufsize.is_some() {
            return match self.vbv_maxrate {
                Some(_) => needs("vbv_maxrate", "vbv_bufsize"),
                None => needs("vbv_bufsize", "vbv_maxrate"),
            };
        }
        if self.vbv_init.is_some() && self.vbv_maxrate.is_none() {
            return needs("vbv_init", "vbv_maxrate and vbv_bufsize");
        }
        if self.nal_hrd.is_some_and(|h| h != NalHrd::None) && self.vbv_maxrate.is_none() && self.level.is_none() {
            return needs("nal_hrd", "vbv_maxrate and vbv_bufsize");
        }
        if let (Some(least), Some(most)) = (self.qpmin, self.qpmax)
            && least > most
        {
            return Err(Error::option("qpmin", format!("{least} is more than qpmax, {most}")));
        }
        if let Some(Some(offsets)) = self.deblock
            && offsets.iter().any(|o| !(-6..=6).contains(o))
        {
            return Err(Error::option("deblock", format!("{offsets:?} are not from -6 to 6")));
        }
        if let Some(level) = self.level
            && parse_level(&level.to_string()).is_err()
        {
            return Err(Error::option("level", format!("{level} is not ten times one of {}", LEVELS.join(", "))));
        }
        if self.profile == Some(Profile::Baseline) && self.bframes.is_some_and(|b| b > 0) {
            return Err(Error::option("bframes", "profile baseline has no B pictures"));
        }
        if self.profile == Some(Profile::Baseline) && self.weightp.is_some_and(|w| w > 0) {
            return Err(Error::option("weightp", "profile baseline has no weighted prediction"));
        }
        Ok(())
    }

    /// Writes them into the configuration, whose rate, preset and tune are set.
    pub(crate) fn apply(&self, config: &mut EncoderConfig) -> Result<()> {
        if let (Some(max_rate), Some(buffer_size)) = (self.vbv_maxrate, self.vbv_bufsize) {
            config.vbv =
                Some(VbvConfig { initial: self.vbv_init.unwrap_or(0.9), ..VbvConfig::new(max_rate, buffer_size) });
        }
        config.nal_hrd = self.nal_hrd.unwrap_or(config.nal_hrd);
        config.b_frames = self.bframes.or(config.b_frames);
        config.b_adapt = self.b_adapt.or(config.b_adapt);
        config.b_pyramid = self.b_pyramid.unwrap_or(config.b_pyramid);
        config.weight_b = self.weightb.unwrap_or(config.weight_b);
        config.weight_p = self.weightp.or(config.weight_p);
        config.direct = self.direct.unwrap_or(config.direct);
        config.references = self.references.or(config.references);
        config.min_keyint = self.min_keyint.unwrap_or(config.min_keyint);
        config.scene_cut = self.scenecut.unwrap_or(config.scene_cut);
        config.lookahead = self.rc_lookahead.or(config.lookahead);
        match self.deblock {
            Some(None) => config.deblock = false,
            Some(Some(offsets)) => config.deblock_offsets = Some(offsets),
            None => {}
        }
        config.aq_strength = self.aq_strength.or(config.aq_strength);
        config.qcomp = self.qcomp.unwrap_or(config.qcomp);
        config.ip_ratio = self.ipratio.or(config.ip_ratio);
        config.pb_ratio = self.pbratio.or(config.pb_ratio);
        config.qp_min = self.qpmin.unwrap_or(config.qp_min);
        config.qp_max = self.qpmax.unwrap_or(config.qp_max);
        config.psnr = self.psnr.unwrap_or(config.psnr);
        if let Some(profile) = self.profile {
            config.set_profile(profile);
        }
        if let Some(level) = self.level {
            config.set_level(level).map_err(Error::of_config)?;
        }
        Ok(())
    }

    /// Whether the parts of a film depend on what the decoder's buffer holds after the ones before, so that it is coded as one part: where
    /// the stream tells of the buffer, and where no lookahead sees the end of a part coming.
    pub(crate) fn in_one_part(config: &EncoderConfig) -> bool {
        config.vbv.is_some() && (config.nal_hrd != NalHrd::None || config.tools().lookahead == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Tune;

    #[test]
    fn levels() {
        for (text, idc) in
            [("4.1", 41), ("41", 41), ("4", 40), ("4.0", 40), ("40", 40), ("1", 10), ("5.2", 52), ("6", 60)]
        {
            assert_eq!(parse_level(text).unwrap(), idc, "{text}");
        }
        for (idc, text) in [(41, "4.1"), (40, "4"), (10, "1")] {
            assert_eq!(level_name(idc), text);
        }
        for text in ["", "1b", "4.3", "7", "43", "0", "4.", ".1"] {
            assert!(parse_level(text).unwrap_err().to_string().contains("3.1, 3.2, 4"), "{text}");
        }
    }

    #[test]
    fn offsets() {
        assert_eq!(parse_deblock("-1:2").unwrap(), [-1, 2]);
        assert_eq!(parse_deblock("3").unwrap(), [3, 3]);
        assert!(parse_deblock("7:0").is_err() && parse_deblock("a:b").is_err() && parse_deblock("1:").is_err());
    }

    #[test]
    fn weights_of_p_pictures_reach_the_encoder() {
        let weights = |weightp, tune| {
            let mut config = EncoderConfig::new(64, 64, (25, 1));
            config.tune = tune;
            VideoOptions { weightp, ..VideoOptions::default() }.apply(&mut config).unwrap();
            config.tools().weight_p
        };
        let preset = EncoderConfig::new(64, 64, (25, 1)).preset.tools().weight_p;
        assert_eq!((weights(None, Tune::None), weights(None, Tune::FastDecode)), (preset, 0));
        for weightp in 0..=2 {
            assert_eq!(weights(Some(weightp), Tune::None), weightp);
            assert_eq!(weights(Some(weightp), Tune::FastDecode), weightp, "what is asked for goes before the tune");
        }
    }

    #[test]
    fn options_that_need_each_other() {
        let refused = |o: VideoOptions| o.check().unwrap_err().to_string();
        let o = VideoOptions::default;
        assert!(
            refused(VideoOptions { vbv_maxrate: Some(1_000_000), ..o() }).starts_with("vbv_maxrate: needs vbv_bufsize")
        );
        assert!(refused(VideoOptions { vbv_init: Some(0.5), ..o() }).starts_with("vbv_init: needs"));
        assert!(refused(VideoOptions { nal_hrd: Some(NalHrd::Cbr), ..o() }).starts_with("nal_hrd: needs"));
        assert!(refused(VideoOptions { qcomp: Some(2.0), ..o() }).starts_with("qcomp: 2 is not from 0 to 1"));
        assert!(refused(VideoOptions { qcomp: Some(f32::NAN), ..o() }).starts_with("qcomp: "));
        assert!(refused(VideoOptions { references: Some(0), ..o() }).starts_with("ref: "));
        assert!(refused(VideoOptions { level: Some(43), ..o() }).starts_with("level: "));
        assert!(
            refused(VideoOptions { profile: Some(Profile::Baseline), bframes: Some(2), ..o() })
                .starts_with("bframes: ")
        );
        assert!(refused(VideoOptions { weightp: Some(3), ..o() }).starts_with("weightp: 3 is not from 0 to 2"));
        assert!(
            refused(VideoOptions { profile: Some(Profile::Baseline), weightp: Some(1), ..o() })
                .starts_with("weightp: ")
        );
        assert!(o().check().is_ok() && o().given().next().is_none());
    }
}
