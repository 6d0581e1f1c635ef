//! Encodes a 4:2:0 Y4M file to an H.264 byte stream: `encode_y4m IN.y4m OUT.264 [--preset P] [--tune T] [--crf Q | --qp Q | --bitrate B]
//! [--profile P] [--keyint N] [--references N] [--lookahead N] [--aq S] [--no-deblock] [--simd LEVEL] [--bframes N] [--b-adapt A] [--no-b-pyramid] [--no-weightb] [--direct D] [--stats] [--psnr]
//! [--recon OUT.yuv]`. The reconstruction is in decoding order.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use transcode_core::h264::{Encoder, EncoderConfig, RateControl};
use transcode_core::{Kernels, Picture, PictureFormat, Step};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (input, output) = (args.next().ok_or("no input")?, args.next().ok_or("no output")?);
    let mut reader = BufReader::new(File::open(input)?);
    let mut head = String::new();
    reader.read_line(&mut head)?;
    let field = |c: char| head.split_ascii_whitespace().skip(1).find_map(|t| t.strip_prefix(c));
    let width: u32 = field('W').ok_or("no width")?.parse()?;
    let height: u32 = field('H').ok_or("no height")?.parse()?;
    let (num, den) = field('F').and_then(|f| f.split_once(':')).ok_or("no frame rate")?;
    let mut config = EncoderConfig::new(width, height, (num.parse()?, den.parse()?));
    let mut stats = false;
    let mut psnr = false;
    // Luma of the pictures that are not coded yet, and the squared error and samples of those that are.
    let (mut sources, mut error) = (BTreeMap::new(), (0u64, 0u64));
    let mut recon = None;
    while let Some(option) = args.next() {
        if option == "--stats" {
            stats = true;
            continue;
        }
        let flag = match option.as_str() {
            "--no-deblock" => Some(&mut config.deblock),
            "--no-b-pyramid" => Some(&mut config.b_pyramid),
            "--no-weightb" => Some(&mut config.weight_b),
            _ => None,
        };
        if let Some(flag) = flag {
            *flag = false;
            continue;
        }
        if option == "--psnr" {
            psnr = true;
            continue;
        }
        let value = args.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--preset" => config.preset = value.parse()?,
            "--tune" => config.tune = value.parse()?,
            "--crf" => config.rate = RateControl::Crf(value.parse()?),
            "--qp" => config.rate = RateControl::Cqp(value.parse()?),
            "--bitrate" => config.rate = RateControl::Abr { bits_per_second: value.parse()? },
            "--profile" => config.set_profile(value.parse()?),
            "--keyint" => config.keyint = value.parse()?,
            "--references" => config.references = Some(value.parse()?),
            "--lookahead" => config.lookahead = Some(value.parse()?),
            "--aq" => config.aq_strength = Some(value.parse()?),
            "--bframes" => config.b_frames = Some(value.parse()?),
            "--b-adapt" => config.b_adapt = Some(value.parse()?),
            "--direct" => config.direct = value.parse()?,
            "--simd" => config.kernels = Kernels::at_most(value.parse()?),
            "--recon" => recon = Some(BufWriter::new(File::create(value)?)),
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    let mut encoder = Encoder::new(config)?;
    let mut out = BufWriter::new(File::create(output)?);
    let mut picture = Picture::new(PictureFormat::YUV420P8, width as usize, height as usize, 0)?;
    let mut line = String::new();
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
            if psnr {
                sources.insert(pts, picture.planes()[0].rows().flatten().copied().collect::<Vec<u8>>());
            }
            encoder.send(&picture, pts, false)?;
            pts += 1;
        }
        loop {
            match encoder.receive()? {
                Step::Output(packet) => {
                    out.write_all(&packet.data)?;
                    if stats {
                        println!(
                            "{} {:?} {} bits, QP {:.2}",
                            packet.pts,
                            packet.frame_type,
                            packet.data.len() * 8,
                            packet.qp
                        );
                    }
                    if let (Some(source), Some(picture)) = (sources.remove(&packet.pts), encoder.reconstruction()) {
                        for (a, b) in source.chunks(width as usize).zip(picture.planes()[0].rows()) {
                            error.0 += a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum::<u64>();
                        }
                        error.1 += source.len() as u64;
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
                }
                Step::NeedInput => break,
                Step::End => {
                    if stats {
                        println!("{:?}, mean QP {:.2}", encoder.stats(), encoder.stats().mean_qp());
                    }
                    if psnr {
                        let mse = error.0 as f64 / error.1.max(1) as f64;
                        println!("PSNR-Y {:.4}", 10.0 * (255.0 * 255.0 / mse.max(1e-9)).log10());
                    }
                    out.flush()?;
                    return Ok(());
                }
            }
        }
    }
}
