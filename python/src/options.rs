//! `TranscodeOptions`.

use std::ffi::OsStr;
use std::path::Path;

use pyo3::basic::CompareOp;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use transcode_pipeline::options::{
    parse_b_adapt, parse_direct, parse_nal_hrd, parse_preset, parse_profile, parse_tune,
};
use transcode_pipeline::video_options::{level_name, parse_level};
use transcode_pipeline::{ChannelLayout, Job, JobOptions, Resolution};
use transcode_simd::SimdLevel;

use crate::arguments::{file_name, fraction, whole};
use crate::errors::to_py;

/// What a job shall do. Each method sets one option and returns the same object, so calls can be chained.
///
/// The values are read back from `to_dict`, and paths and size from attributes as well.
#[pyclass(module = "transcode_py")]
#[derive(Clone, PartialEq, Default)]
pub(crate) struct TranscodeOptions {
    pub(crate) options: JobOptions,
}

impl TranscodeOptions {
    /// Sets one option, after a look at it alone: a value that no job could take is refused where it is given.
    fn set(&mut self, change: impl Fn(&mut JobOptions)) -> PyResult<()> {
        let mut alone =
            JobOptions { input: Some("input".into()), output: Some("output.mp4".into()), ..JobOptions::default() };
        change(&mut alone);
        Job::new(alone).map_err(|error| Python::attach(|py| to_py(py, error)))?;
        change(&mut self.options);
        Ok(())
    }
    /// The same for an option that needs another one, which may come later: [`Transcoder`](crate::transcoder::Transcoder) decides.
    fn set_video(&mut self, name: &str, change: impl Fn(&mut JobOptions)) -> PyResult<()> {
        let with = |o: &mut JobOptions| {
            change(o);
            match name {
                "vbv_maxrate" => o.video.vbv_bufsize = Some(1_000_000),
                "vbv_bufsize" => o.video.vbv_maxrate = Some(1_000_000),
                "vbv_init" => (o.video.vbv_maxrate, o.video.vbv_bufsize) = (Some(1_000_000), Some(1_000_000)),
                _ => {}
            }
        };
        let mut alone = Self::default();
        alone.set(with)?;
        change(&mut self.options);
        Ok(())
    }
}

#[pymethods]
impl TranscodeOptions {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// The file to read.
    fn input<'py>(mut slf: PyRefMut<'py, Self>, path: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let path = file_name("input", path)?;
        slf.set(|o| o.input = Some(path.clone()))?;
        Ok(slf)
    }

    /// The file to write; its ending names the container.
    fn output<'py>(mut slf: PyRefMut<'py, Self>, path: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let path = file_name("output", path)?;
        slf.set(|o| o.output = Some(path.clone()))?;
        Ok(slf)
    }

    /// What the picture becomes; "h264" if not set.
    fn video_codec<'py>(mut slf: PyRefMut<'py, Self>, codec: &str) -> PyResult<PyRefMut<'py, Self>> {
        slf.options.video_codec = Some(codec.parse().map_err(|error| to_py(slf.py(), error))?);
        Ok(slf)
    }

    /// What the sound becomes. If not set: "copy" where the output can hold a copy and no other option asks for more, else "aac"
    /// ("pcm" in .wav).
    fn audio_codec<'py>(mut slf: PyRefMut<'py, Self>, codec: &str) -> PyResult<PyRefMut<'py, Self>> {
        slf.options.audio_codec = Some(codec.parse().map_err(|error| to_py(slf.py(), error))?);
        Ok(slf)
    }

    /// The mean bitrate of the picture in bits per second. At most one of `video_bitrate`, `crf` and `qp` may be set.
    fn video_bitrate<'py>(mut slf: PyRefMut<'py, Self>, bitrate: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let bitrate = whole("video_bitrate", bitrate)?;
        slf.set(|o| o.video_bitrate = Some(bitrate))?;
        Ok(slf)
    }

    /// The bitrate of the sound in bits per second, all channels together. At most one of `audio_bitrate` and `audio_quality` may
    /// be set.
    fn audio_bitrate<'py>(mut slf: PyRefMut<'py, Self>, bitrate: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        // Whether it has an effect depends on the audio codec, which may be set later: `Transcoder` decides.
        let bitrate = whole("audio_bitrate", bitrate)?;
        slf.set(|o| o.audio_bitrate = Some(bitrate))?;
        Ok(slf)
    }

    /// Constant quality of the sound: 1 to 5 (best).
    fn audio_quality<'py>(mut slf: PyRefMut<'py, Self>, quality: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let quality = whole("audio_quality", quality)?;
        slf.set(|o| o.audio_quality = Some(quality))?;
        Ok(slf)
    }

    /// Which kind of AAC is encoded; "lc" if not set.
    fn audio_profile<'py>(mut slf: PyRefMut<'py, Self>, profile: &str) -> PyResult<PyRefMut<'py, Self>> {
        slf.options.audio_profile = Some(profile.parse().map_err(|error| to_py(slf.py(), error))?);
        Ok(slf)
    }

    /// The sound's samples a second; those of the source if not set.
    fn audio_sample_rate<'py>(mut slf: PyRefMut<'py, Self>, rate: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let rate = whole("audio_sample_rate", rate)?;
        slf.set(|o| o.audio_sample_rate = Some(rate))?;
        Ok(slf)
    }

    /// The sound's channels: how many, or a layout's name; those of the source if not set.
    fn audio_channels<'py>(
        mut slf: PyRefMut<'py, Self>,
        channels: &Bound<'py, PyAny>,
    ) -> PyResult<PyRefMut<'py, Self>> {
        let layout: ChannelLayout = match channels.extract::<String>() {
            Ok(name) => name,
            Err(_) => whole::<u32>("audio_channels", channels)?.to_string(),
        }
        .parse()
        .map_err(|error| to_py(slf.py(), error))?;
        slf.options.audio_channels = Some(layout);
        Ok(slf)
    }

    /// Constant quality: 0 (best) to 51, 23 if nothing else is set.
    fn crf<'py>(mut slf: PyRefMut<'py, Self>, crf: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let crf = fraction("crf", crf)?;
        slf.set(|o| o.crf = Some(crf))?;
        Ok(slf)
    }

    /// Constant quantiser: 0 to 51.
    fn qp<'py>(mut slf: PyRefMut<'py, Self>, qp: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let qp = whole("qp", qp)?;
        slf.set(|o| o.qp = Some(qp))?;
        Ok(slf)
    }

    /// How much work the encoder spends; "medium" if not set.
    fn preset<'py>(mut slf: PyRefMut<'py, Self>, preset: &str) -> PyResult<PyRefMut<'py, Self>> {
        slf.options.preset = Some(parse_preset(preset).map_err(|error| to_py(slf.py(), error))?);
        Ok(slf)
    }

    /// Which measure of quality the encoder favours.
    fn tune<'py>(mut slf: PyRefMut<'py, Self>, tune: &str) -> PyResult<PyRefMut<'py, Self>> {
        slf.options.tune = Some(parse_tune(tune).map_err(|error| to_py(slf.py(), error))?);
        Ok(slf)
    }

    /// Most pictures from one keyframe to the next.
    fn keyint<'py>(mut slf: PyRefMut<'py, Self>, pictures: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let keyint = whole("keyint", pictures)?;
        slf.set(|o| o.keyint = Some(keyint))?;
        Ok(slf)
    }

    /// Two passes: the first finds out what each picture needs, the second shares the bits out over the whole film. For a
    /// bitrate that must be met with even quality; it takes about a third longer. With `crf` it changes nothing where there
    /// is a lookahead, and costs the time. Not with `qp`.
    #[pyo3(signature = (enabled = true))]
    fn two_pass(mut slf: PyRefMut<'_, Self>, enabled: bool) -> PyResult<PyRefMut<'_, Self>> {
        slf.set(|o| o.video.two_pass = Some(enabled))?;
        Ok(slf)
    }

    /// Bits per second at which the player's buffer fills, for streaming over a line of that rate. With `vbv_bufsize`.
    fn vbv_maxrate<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = whole("vbv_maxrate", value)?;
        slf.set_video("vbv_maxrate", |o| o.video.vbv_maxrate = Some(value))?;
        Ok(slf)
    }

    /// Bits that the player's buffer holds: one to two seconds of `vbv_maxrate` suit streaming, less suits conferences.
    fn vbv_bufsize<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = whole("vbv_bufsize", value)?;
        slf.set_video("vbv_bufsize", |o| o.video.vbv_bufsize = Some(value))?;
        Ok(slf)
    }

    /// How full that buffer is when the first picture is shown, 0 to 1; 0.9 if not set.
    fn vbv_init<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = fraction("vbv_init", value)?;
        slf.set_video("vbv_init", |o| o.video.vbv_init = Some(value))?;
        Ok(slf)
    }

    /// Whether the stream tells of that buffer, as broadcast systems ask for; "cbr" also fills it up to a constant rate. The
    /// film is then coded in one part.
    fn nal_hrd<'py>(mut slf: PyRefMut<'py, Self>, name: &str) -> PyResult<PyRefMut<'py, Self>> {
        slf.options.video.nal_hrd = Some(parse_nal_hrd(name).map_err(|error| to_py(slf.py(), error))?);
        Ok(slf)
    }

    /// Most B pictures in a row, 0 to 16; the preset's number if not set. 0 for players that know none, and for least delay.
    fn bframes<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = whole("bframes", value)?;
        slf.set_video("bframes", |o| o.video.bframes = Some(value))?;
        Ok(slf)
    }

    /// How their number is chosen.
    fn b_adapt<'py>(mut slf: PyRefMut<'py, Self>, name: &str) -> PyResult<PyRefMut<'py, Self>> {
        slf.options.video.b_adapt = Some(parse_b_adapt(name).map_err(|error| to_py(slf.py(), error))?);
        Ok(slf)
    }

    /// Whether B pictures may be references for others; they may if not set.
    #[pyo3(signature = (enabled = true))]
    fn b_pyramid(mut slf: PyRefMut<'_, Self>, enabled: bool) -> PyResult<PyRefMut<'_, Self>> {
        slf.set(|o| o.video.b_pyramid = Some(enabled))?;
        Ok(slf)
    }

    /// Weighted prediction of B pictures; on if not set.
    #[pyo3(signature = (enabled = true))]
    fn weightb(mut slf: PyRefMut<'_, Self>, enabled: bool) -> PyResult<PyRefMut<'_, Self>> {
        slf.set(|o| o.video.weightb = Some(enabled))?;
        Ok(slf)
    }

    /// Weighted prediction of P pictures: 0 for none, 1 for fades, 2 also with a second look at the nearest picture; the
    /// preset's if not set. Not with profile "baseline".
    fn weightp<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = whole("weightp", value)?;
        slf.set_video("weightp", |o| o.video.weightp = Some(value))?;
        Ok(slf)
    }

    /// Where the motion of direct macroblocks comes from.
    fn direct<'py>(mut slf: PyRefMut<'py, Self>, name: &str) -> PyResult<PyRefMut<'py, Self>> {
        slf.options.video.direct = Some(parse_direct(name).map_err(|error| to_py(slf.py(), error))?);
        Ok(slf)
    }

    /// Reference pictures, 1 to 16; the preset's number if not set. More take longer, and more memory to play.
    fn r#ref<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = whole("ref", value)?;
        slf.set_video("ref", |o| o.video.references = Some(value))?;
        Ok(slf)
    }

    /// Least number of pictures from a keyframe to one at a scene cut; 25 if not set.
    fn min_keyint<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = whole("min_keyint", value)?;
        slf.set_video("min_keyint", |o| o.video.min_keyint = Some(value))?;
        Ok(slf)
    }

    /// Whether scene cuts become keyframes; they do if not set.
    #[pyo3(signature = (enabled = true))]
    fn scenecut(mut slf: PyRefMut<'_, Self>, enabled: bool) -> PyResult<PyRefMut<'_, Self>> {
        slf.set(|o| o.video.scenecut = Some(enabled))?;
        Ok(slf)
    }

    /// Pictures that are looked at ahead, 0 to 250; the preset's number if not set. More make better use of the bits and
    /// take memory.
    fn rc_lookahead<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = whole("rc_lookahead", value)?;
        slf.set_video("rc_lookahead", |o| o.video.rc_lookahead = Some(value))?;
        Ok(slf)
    }

    /// Strength of adaptive quantisation, 0 (off) to 3: flat parts get more of the bits, as the eye wants. The tune's if not
    /// set.
    fn aq_strength<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = fraction("aq_strength", value)?;
        slf.set_video("aq_strength", |o| o.video.aq_strength = Some(value))?;
        Ok(slf)
    }

    /// How much quality follows complexity, 0 (all pictures get the same bits) to 1 (the same quantiser); 0.6 if not set.
    fn qcomp<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = fraction("qcomp", value)?;
        slf.set_video("qcomp", |o| o.video.qcomp = Some(value))?;
        Ok(slf)
    }

    /// Quantiser step of P pictures over that of keyframes, 0.1 to 10.
    fn ipratio<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = fraction("ipratio", value)?;
        slf.set_video("ipratio", |o| o.video.ipratio = Some(value))?;
        Ok(slf)
    }

    /// Quantiser step of B pictures over that of P pictures, 0.1 to 10; without effect where there is a lookahead, which
    /// tells it.
    fn pbratio<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = fraction("pbratio", value)?;
        slf.set_video("pbratio", |o| o.video.pbratio = Some(value))?;
        Ok(slf)
    }

    /// Least quantiser of a picture, 0 to 51.
    fn qpmin<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = whole("qpmin", value)?;
        slf.set_video("qpmin", |o| o.video.qpmin = Some(value))?;
        Ok(slf)
    }

    /// Largest quantiser of a picture, 0 to 51.
    fn qpmax<'py>(mut slf: PyRefMut<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let value = whole("qpmax", value)?;
        slf.set_video("qpmax", |o| o.video.qpmax = Some(value))?;
        Ok(slf)
    }

    /// What the decoder must know: "baseline" for old devices (no B pictures, no CABAC), "main", or "high", the default,
    /// which everything of today plays.
    fn profile<'py>(mut slf: PyRefMut<'py, Self>, name: &str) -> PyResult<PyRefMut<'py, Self>> {
        slf.options.video.profile = Some(parse_profile(name).map_err(|error| to_py(slf.py(), error))?);
        Ok(slf)
    }

    /// Whether the error of the pictures is measured, for `TranscodeStats.psnr`.
    #[pyo3(signature = (enabled = true))]
    fn psnr(mut slf: PyRefMut<'_, Self>, enabled: bool) -> PyResult<PyRefMut<'_, Self>> {
        slf.set(|o| o.video.psnr = Some(enabled))?;
        Ok(slf)
    }

    /// The deblocking filter's offsets, -6 (filters less, keeps grain) to 6 (filters more); the tune's if not set.
    #[pyo3(signature = (alpha, beta = None))]
    fn deblock<'py>(
        mut slf: PyRefMut<'py, Self>,
        alpha: &Bound<'py, PyAny>,
        beta: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<PyRefMut<'py, Self>> {
        let alpha = whole("deblock", alpha)?;
        let beta = beta.map_or(Ok(alpha), |b| whole("deblock", b))?;
        slf.set(|o| o.video.deblock = Some(Some([alpha, beta])))?;
        Ok(slf)
    }

    /// Switches the deblocking filter off: a little less work for decoders, visible blocks at low rates.
    fn no_deblock(mut slf: PyRefMut<'_, Self>) -> PyRefMut<'_, Self> {
        slf.options.video.deblock = Some(None);
        slf
    }

    /// The level that players must stand, like "4.1". The rate is kept to what the level takes; a size or frame rate beyond it is an
    /// error. The lowest that fits if not set.
    fn level<'py>(mut slf: PyRefMut<'py, Self>, name: &str) -> PyResult<PyRefMut<'py, Self>> {
        slf.options.video.level = Some(parse_level(name).map_err(|error| to_py(slf.py(), error))?);
        Ok(slf)
    }

    /// Scales the picture to `width` x `height` pixels.
    fn resolution<'py>(
        mut slf: PyRefMut<'py, Self>,
        width: &Bound<'py, PyAny>,
        height: &Bound<'py, PyAny>,
    ) -> PyResult<PyRefMut<'py, Self>> {
        let size = Resolution { width: whole("resolution", width)?, height: whole("resolution", height)? };
        slf.set(|o| o.resolution = Some(size))?;
        Ok(slf)
    }

    /// Whether an existing output may be replaced; not, if not set.
    #[pyo3(signature = (overwrite = true))]
    fn overwrite(mut slf: PyRefMut<'_, Self>, overwrite: bool) -> PyRefMut<'_, Self> {
        slf.options.overwrite = overwrite;
        slf
    }

    /// How many threads may work; as many as the machine has, if not set. The output never depends on it.
    fn threads<'py>(mut slf: PyRefMut<'py, Self>, threads: &Bound<'py, PyAny>) -> PyResult<PyRefMut<'py, Self>> {
        let threads = whole("threads", threads)?;
        slf.set(|o| o.threads = Some(threads))?;
        Ok(slf)
    }

    /// Uses vector instructions of at most this level. The output never depends on it.
    fn simd<'py>(mut slf: PyRefMut<'py, Self>, level: &str) -> PyResult<PyRefMut<'py, Self>> {
        let level = level.parse::<SimdLevel>().map_err(|_| {
            let good = SimdLevel::ALL.map(|level| level.to_string()).join(", ");
            PyValueError::new_err(format!("simd: {level:?} is not one of {good}"))
        })?;
        slf.set(|o| o.simd = Some(level))?;
        Ok(slf)
    }

    /// The file to read.
    #[getter]
    fn input_path(&self) -> Option<&OsStr> {
        self.options.input.as_deref().map(Path::as_os_str)
    }

    /// The file to write.
    #[getter]
    fn output_path(&self) -> Option<&OsStr> {
        self.options.output.as_deref().map(Path::as_os_str)
    }

    /// The width to scale to, in pixels.
    #[getter]
    fn width(&self) -> Option<u32> {
        self.options.resolution.map(|size| size.width)
    }

    /// The height to scale to, in pixels.
    #[getter]
    fn height(&self) -> Option<u32> {
        self.options.resolution.map(|size| size.height)
    }

    /// All values, by name; None where nothing was set.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let JobOptions {
            input: _,
            output: _,
            video_codec,
            audio_codec,
            crf,
            qp,
            video_bitrate,
            audio_bitrate,
            audio_quality,
            audio_profile,
            audio_sample_rate,
            audio_channels,
            preset,
            tune,
            keyint,
            video: v,
            resolution,
            overwrite,
            threads,
            simd,
        } = &self.options;
        let dict = PyDict::new(py);
        dict.set_item("input_path", self.input_path())?;
        dict.set_item("output_path", self.output_path())?;
        dict.set_item("video_codec", video_codec.map(|c| c.as_str()))?;
        dict.set_item("audio_codec", audio_codec.map(|c| c.as_str()))?;
        dict.set_item("video_bitrate", video_bitrate)?;
        dict.set_item("audio_bitrate", audio_bitrate)?;
        dict.set_item("audio_quality", audio_quality)?;
        dict.set_item("audio_profile", audio_profile.map(|p| p.as_str()))?;
        dict.set_item("audio_sample_rate", audio_sample_rate)?;
        dict.set_item("audio_channels", audio_channels.map(|c| c.to_string()))?;
        dict.set_item("crf", crf)?;
        dict.set_item("qp", qp)?;
        dict.set_item("preset", preset.map(|p| p.name()))?;
        dict.set_item("tune", tune.map(|t| t.name()))?;
        dict.set_item("keyint", keyint)?;
        let deblock = match v.deblock {
            Some(Some([alpha, beta])) => Some((true, alpha, beta)),
            Some(None) => Some((false, 0, 0)),
            None => None,
        };
        dict.set_item("deblock", deblock.filter(|d| d.0).map(|(_, a, b)| (a, b)))?;
        dict.set_item("no_deblock", deblock.filter(|d| !d.0).map(|_| true))?;
        dict.set_item("level", v.level.map(level_name))?;
        dict.set_item("two_pass", v.two_pass)?;
        dict.set_item("vbv_maxrate", v.vbv_maxrate)?;
        dict.set_item("vbv_bufsize", v.vbv_bufsize)?;
        dict.set_item("vbv_init", v.vbv_init)?;
        dict.set_item("nal_hrd", v.nal_hrd.map(|x| x.name()))?;
        dict.set_item("bframes", v.bframes)?;
        dict.set_item("b_adapt", v.b_adapt.map(|x| x.name()))?;
        dict.set_item("b_pyramid", v.b_pyramid)?;
        dict.set_item("weightb", v.weightb)?;
        dict.set_item("weightp", v.weightp)?;
        dict.set_item("direct", v.direct.map(|x| x.name()))?;
        dict.set_item("ref", v.references)?;
        dict.set_item("min_keyint", v.min_keyint)?;
        dict.set_item("scenecut", v.scenecut)?;
        dict.set_item("rc_lookahead", v.rc_lookahead)?;
        dict.set_item("aq_strength", v.aq_strength)?;
        dict.set_item("qcomp", v.qcomp)?;
        dict.set_item("ipratio", v.ipratio)?;
        dict.set_item("pbratio", v.pbratio)?;
        dict.set_item("qpmin", v.qpmin)?;
        dict.set_item("qpmax", v.qpmax)?;
        dict.set_item("profile", v.profile.map(|x| x.name()))?;
        dict.set_item("psnr", v.psnr)?;
        dict.set_item("width", resolution.map(|size| size.width))?;
        dict.set_item("height", resolution.map(|size| size.height))?;
        dict.set_item("overwrite", overwrite)?;
        dict.set_item("threads", threads)?;
        dict.set_item("simd", simd.map(|level| level.to_string()))?;
        Ok(dict)
    }

    /// An independent copy.
    fn copy(&self) -> Self {
        self.clone()
    }

    fn __copy__(&self) -> Self {
        self.clone()
    }

    fn __richcmp__(&self, other: &Bound<'_, PyAny>, op: CompareOp) -> PyResult<Py<PyAny>> {
        let py = other.py();
        let equal = match other.cast::<Self>() {
            Ok(other) => *self == *other.try_borrow()?,
            Err(_) => return Ok(py.NotImplemented()),
        };
        match op {
            CompareOp::Eq => equal.into_pyobject(py).map(|b| b.to_owned().into_any().unbind()).map_err(Into::into),
            CompareOp::Ne => (!equal).into_pyobject(py).map(|b| b.to_owned().into_any().unbind()).map_err(Into::into),
            _ => Ok(py.NotImplemented()),
        }
    }

    /// Only what was set, in the form of `to_dict`.
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut parts = Vec::new();
        for (name, value) in self.to_dict(py)? {
            let unset = value.is_none() || (name.eq("overwrite")? && !value.is_truthy()?);
            if !unset {
                parts.push(format!("{name}={}", value.repr()?));
            }
        }
        Ok(format!("TranscodeOptions({})", parts.join(", ")))
    }
}
