//! `TranscodeOptions`.

use std::ffi::OsStr;
use std::path::Path;

use pyo3::basic::CompareOp;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use transcode_pipeline::options::{parse_preset, parse_tune};
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
