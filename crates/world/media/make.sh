#!/usr/bin/env bash
# Makes the encoded asset in this folder from a synthetic source: a test picture and a tone.
#
#   apt-get install ffmpeg python3
#   crates/world/media/make.sh
#
# Every option that lets the host, the clock or the number of cores into the output is pinned, so the
# same release of ffmpeg makes the same bytes again. Another release makes an equivalent asset, not an equal one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly seconds=8
readonly fps=25
readonly fragment_seconds=2

rm -f ./*.ismv ./*.isma ./*.ism ./*.ismc

ff() { ffmpeg -hide_banner -nostdin -loglevel error -y "$@"; }

# One file per bitrate. All begin a fragment at the same instants, or a player could not change between
# them: hence a key frame every two seconds, and none where the encoder sees a change of scene. B-frames
# are left out so that a fragment's presentation time is its decode time. The SEI message that names the
# encoder and all its options (more bytes than a fragment's audio) is dropped.
video() {
    local height=$1 width=$2 bitrate=$3
    ff -f lavfi -i "testsrc2=size=${width}x${height}:rate=${fps}:duration=${seconds}" \
        -map 0:v -map_metadata -1 \
        -c:v libx264 -preset slow -profile:v main -pix_fmt yuv420p -threads 1 \
        -b:v "$bitrate" -maxrate "$bitrate" -bufsize "$bitrate" \
        -g $((fps * fragment_seconds)) -keyint_min $((fps * fragment_seconds)) -sc_threshold 0 -bf 0 \
        -bsf:v filter_units=remove_types=6 \
        -fflags +bitexact -flags:v +bitexact \
        -f ismv -movflags +frag_keyframe "title_${height}p.ismv"
}

video 180 320 56000
video 270 480 96000
video 360 640 168000

# The encoder's first frame is priming and lies before zero, where Smooth Streaming has no times: shift by it.
ff -f lavfi -i "sine=frequency=440:sample_rate=48000:duration=${seconds}" \
    -map 0:a -map_metadata -1 \
    -c:a aac -b:a 48000 -ac 2 -bsf:a setts=ts=TS-STARTDTS \
    -metadata:s:a language=eng \
    -fflags +bitexact -flags:a +bitexact \
    -f ismv -frag_duration $((fragment_seconds * 1000000)) title_audio.isma

# The manifests are read off the files themselves, so that they cannot disagree with them.
python3 manifests.py write
python3 manifests.py check
