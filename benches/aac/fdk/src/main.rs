//! Encodes interleaved 32-bit little-endian floats to ADTS with FDK AAC: `fdk IN.f32 RATE CHANNELS OUT.aac KBPS|vQUALITY [he]`.

use fdk_aac_sys::*;
use std::ptr::null_mut;

/// The library's names of buffers: IN_AUDIO_DATA and OUT_BITSTREAM_DATA.
const INPUT: i32 = 0;
const OUTPUT: i32 = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, input, rate, channels, output, size, rest @ ..] = &args[..] else {
        return Err("usage: fdk IN.f32 RATE CHANNELS OUT.aac KBPS|vQUALITY [he]".into());
    };
    let (rate, channels): (u32, u32) = (rate.parse()?, channels.parse()?);
    let bytes = std::fs::read(input)?;
    let to_integer = |b: &[u8; 4]| (f32::from_le_bytes(*b) * 32768.0).round().clamp(-32768.0, 32767.0) as i16;
    let mut samples: Vec<i16> = bytes.as_chunks().0.iter().map(to_integer).collect();
    let mut encoder = null_mut();
    // SAFETY: the handle is where the library wants it.
    check(unsafe { aacEncOpen(&mut encoder, 0, channels) })?;
    // SAFETY: the handle is open.
    let set = |parameter, value| check(unsafe { aacEncoder_SetParam(encoder, parameter, value) });
    set(AACENC_PARAM_AACENC_AOT, if rest.first().is_some_and(|p| p == "he") { 5 } else { 2 })?;
    set(AACENC_PARAM_AACENC_SAMPLERATE, rate)?;
    set(AACENC_PARAM_AACENC_CHANNELMODE, channels)?;
    set(AACENC_PARAM_AACENC_CHANNELORDER, 1)?;
    match size.strip_prefix('v') {
        Some(quality) => set(AACENC_PARAM_AACENC_BITRATEMODE, quality.parse()?)?,
        None => set(AACENC_PARAM_AACENC_BITRATE, 1000 * size.parse::<u32>()?)?,
    }
    set(AACENC_PARAM_AACENC_TRANSMUX, 2)?;
    set(AACENC_PARAM_AACENC_AFTERBURNER, 1)?;
    // SAFETY: no buffers: this takes the parameters over. The structure is plain integers.
    let frame = unsafe {
        check(aacEncEncode(encoder, std::ptr::null(), std::ptr::null(), std::ptr::null(), null_mut()))?;
        let mut info: AACENC_InfoStruct = std::mem::zeroed();
        check(aacEncInfo(encoder, &mut info))?;
        info.frameLength as usize * channels as usize
    };
    let (mut out, mut buffer, mut at) = (Vec::new(), vec![0u8; 20480], 0);
    loop {
        let count = frame.min(samples.len() - at);
        let (mut from, mut from_id, mut from_size, mut from_width) =
            (samples[at..].as_mut_ptr().cast(), INPUT, 2 * count as i32, 2);
        let (mut to, mut to_id, mut to_size, mut to_width) =
            (buffer.as_mut_ptr().cast(), OUTPUT, buffer.len() as i32, 1);
        let source = AACENC_BufDesc {
            numBufs: 1,
            bufs: &mut from,
            bufferIdentifiers: &mut from_id,
            bufSizes: &mut from_size,
            bufElSizes: &mut from_width,
        };
        let target = AACENC_BufDesc {
            numBufs: 1,
            bufs: &mut to,
            bufferIdentifiers: &mut to_id,
            bufSizes: &mut to_size,
            bufElSizes: &mut to_width,
        };
        // -1: the end.
        let given = AACENC_InArgs { numInSamples: if count == 0 { -1 } else { count as i32 }, numAncBytes: 0 };
        // SAFETY: the structure is plain integers; the descriptions are of buffers that live through the call, with their sizes.
        let (status, done) = unsafe {
            let mut done: AACENC_OutArgs = std::mem::zeroed();
            (aacEncEncode(encoder, &source, &target, &given, &mut done), done)
        };
        if status != 0 || (count == 0 && done.numOutBytes == 0) {
            break;
        }
        out.extend_from_slice(&buffer[..done.numOutBytes as usize]);
        at += done.numInSamples.max(0) as usize;
    }
    std::fs::write(output, out)?;
    Ok(())
}

fn check(status: AACENC_ERROR) -> Result<(), String> {
    if status == 0 { Ok(()) } else { Err(format!("FDK AAC: error {status:#x}")) }
}
