//! Encodes a 4:2:0 Y4M file to an H.264 byte stream: `encode_y4m IN.y4m OUT.264 [--preset P] [--tune T] [--crf Q | --qp Q | --bitrate B]
//! [--two-pass] [--vbv-maxrate B] [--vbv-bufsize B] [--vbv-init F] [--nal-hrd H] [--qcomp F] [--ipratio F] [--pbratio F] [--level IDC]
//! [--profile P] [--keyint N] [--references N] [--lookahead N] [--aq S] [--no-deblock] [--simd LEVEL] [--bframes N] [--b-adapt A]
//! [--no-b-pyramid] [--no-weightb] [--weightp N] [--direct D] [--stats] [--psnr] [--recon OUT.yuv]`. The reconstruction is in decoding order.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use transcode_core::h264::enc::{NalHrd, PictureStats, VbvConfig, allocate};
use transcode_core::h264::{EncodedPacket, Encoder, EncoderConfig, RateControl};
use transcode_core::{Kernels, Picture, PictureFormat, Step};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Runs an encoder over the file and gives each packet to `take`.
fn run(input: &str, encoder: &mut Encoder, mut take: impl FnMut(&Encoder, EncodedPacket) -> Result<()>) -> Result<()> {
    let mut reader = BufReader::new(File::open(input)?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let (width, height) = (encoder.config().width as usize, encoder.config().height as usize);
    let mut picture = Picture::new(PictureFormat::YUV420P8, width, height, 0)?;
    let mut pts = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            encoder.finish();
        } else {
            for plane in picture.planes_mut() {
                for y in 0..plane.height() {
                    reader.read_exact(plane.row_mut(y))?;
                }
            }
            encoder.send(&picture, pts, false)?;
            pts += 1;
        }
        loop {
            match encoder.receive()? {
                Step::Output(packet) => take(encoder, packet)?,
                Step::NeedInput => break,
                Step::End => return Ok(()),
            }
        }
    }
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (input, output) = (args.next().ok_or("no input")?, args.next().ok_or("no output")?);
    let mut head = String::new();
    BufReader::new(File::open(&input)?).read_line(&mut head)?;
    let field = |c: char| head.split_ascii_whitespace().skip(1).find_map(|t| t.strip_prefix(c));
    let width: u32 = field('W').ok_or("no width")?.parse()?;
    let height: u32 = field('H').ok_or("no height")?.parse()?;
    let (num, den) = field('F').and_then(|f| f.split_once(':')).ok_or("no frame rate")?;
    let mut config = EncoderConfig::new(width, height, (num.parse()?, den.parse()?));
    let (mut stats, mut two_pass, mut level) = (false, false, None);
    let mut vbv = VbvConfig::new(0, 0);
    let mut recon = None;
    while let Some(option) = args.next() {
        let flag = match option.as_str() {
            "--no-deblock" => Some((&mut config.deblock, false)),
            "--no-b-pyramid" => Some((&mut config.b_pyramid, false)),
            "--no-weightb" => Some((&mut config.weight_b, false)),
            "--stats" => Some((&mut stats, true)),
            "--psnr" => Some((&mut config.psnr, true)),
            "--two-pass" => Some((&mut two_pass, true)),
            _ => None,
        };
        if let Some((flag, value)) = flag {
            *flag = value;
            continue;
        }
        let value = args.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--preset" => config.preset = value.parse()?,
            "--tune" => config.tune = value.parse()?,
            "--crf" => config.rate = RateControl::Crf(value.parse()?),
            "--qp" => config.rate = RateControl::Cqp(value.parse()?),
            "--bitrate" => config.rate = RateControl::Abr { bits_per_second: value.parse()? },
            "--vbv-maxrate" => vbv.max_rate = value.parse()?,
            "--vbv-bufsize" => vbv.buffer_size = value.parse()?,
            "--vbv-init" => vbv.initial = value.parse()?,
            "--nal-hrd" => config.nal_hrd = value.parse::<NalHrd>()?,
            "--frames" => config.expected_frames = Some(value.parse()?),
            "--qcomp" => config.qcomp = value.parse()?,
            "--ipratio" => config.ip_ratio = Some(value.parse()?),
            "--pbratio" => config.pb_ratio = Some(value.parse()?),
            "--level" => level = Some(value.parse()?),
            "--profile" => config.set_profile(value.parse()?),
            "--keyint" => config.keyint = value.parse()?,
            "--references" => config.references = Some(value.parse()?),
            "--lookahead" => config.lookahead = Some(value.parse()?),
            "--aq" => config.aq_strength = Some(value.parse()?),
            "--bframes" => config.b_frames = Some(value.parse()?),
            "--b-adapt" => config.b_adapt = Some(value.parse()?),
            "--weightp" => config.weight_p = Some(value.parse()?),
            "--direct" => config.direct = value.parse()?,
            "--simd" => config.kernels = Kernels::at_most(value.parse()?),
            "--recon" => recon = Some(BufWriter::new(File::create(value)?)),
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    if vbv.buffer_size > 0 {
        config.vbv = Some(vbv);
    }
    if let Some(level) = level {
        config.set_level(level)?;
    }
    let mut encoder = if two_pass {
        let mut first: Vec<PictureStats> = Vec::new();
        run(&input, &mut Encoder::new(config.for_first_pass())?, |_, packet| {
            first.push(packet.stats);
            Ok(())
        })?;
        let budget = allocate(&config, &[first])?.pop().unwrap_or_default();
        Encoder::second_pass(config, budget)?
    } else {
        Encoder::new(config)?
    };
    let mut out = BufWriter::new(File::create(output)?);
    run(&input, &mut encoder, |encoder, packet| {
        out.write_all(&packet.data)?;
        if stats {
            let (s, bits) = (packet.stats, packet.data.len() * 8);
            println!("{} {:?} {bits} bits, QP {:.2}, {:.2}", packet.pts, s.kind, packet.qp, s.rate_qp);
        }
        if let (Some(recon), Some(picture)) = (&mut recon, encoder.reconstruction()) {
            for (i, plane) in picture.planes().iter().enumerate() {
                let shift = u32::from(i > 0);
                let (w, h) = (encoder.coded_width() >> shift, encoder.coded_height() >> shift);
                for row in plane.rows().take(h as usize) {
                    recon.write_all(&row[..w as usize])?;
                }
            }
        }
        Ok(())
    })?;
    out.flush()?;
    if stats {
        println!("{:?}, mean QP {:.2}", encoder.stats(), encoder.stats().mean_qp());
    }
    if let Some([y, u, v]) = encoder.stats().total().psnr() {
        println!("PSNR-Y {y:.4} U {u:.4} V {v:.4}");
    }
    Ok(())
}
