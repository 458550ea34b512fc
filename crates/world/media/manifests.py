#!/usr/bin/env python3
"""Writes and checks the manifests of the encoded asset in this folder.

    manifests.py write    title.ism (for the server) and title.ismc (for players), from the media files
    manifests.py check    that every media file is fragmented and the manifests say what is in it

`check` reads the manifests back as XML and compares them with the boxes of the files (ISO/IEC 14496-12);
it shares the box reader with `write`, not the text it wrote.
"""

import struct
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TITLE = "title"
LIMIT = 500_000  # bytes, the whole asset
SMIL = "{http://www.w3.org/2001/SMIL20/Language}"
# Of the encoders' terms the player's manifest wants: AVC with start codes, AAC low complexity.
FOURCC = {"video": "H264", "audio": "AACL"}


def boxes(data, start=0, end=None):
    """Yields (type, offset, body) for each box between two offsets."""
    end = len(data) if end is None else end
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            head = 16
        if size < head or start + size > end:
            raise ValueError(f"a box {kind!r} of {size} bytes at offset {start} does not fit")
        yield kind.decode("latin-1"), start, data[start + head : start + size]
        start += size


def inside(body, *path):
    """The body of the one box at a path of types below `body`."""
    for kind in path:
        found = [inner for name, _, inner in boxes(body) if name == kind]
        if len(found) != 1:
            raise ValueError(f"{len(found)} boxes {kind}, not one")
        body = found[0]
    return body


class Track:
    """One media file: its only track, and its fragments in order."""

    def __init__(self, path):
        self.name = path.name
        self.data = path.read_bytes()
        top = list(boxes(self.data))
        self.kinds = [kind for kind, _, _ in top]
        trak = inside(self.data, "moov", "trak")
        (self.id,) = struct.unpack_from(">I", self.track_header(trak), 0)
        self._media(inside(trak, "mdia"))
        self._defaults(inside(self.data, "moov", "mvex", "trex"))
        # (offset, start, duration, samples), times in the track's own timescale
        self.fragments = []
        start = 0
        for kind, offset, body in top:
            if kind == "moof":
                traf = inside(body, "traf")
                duration, samples = self._fragment(traf)
                self._own_time(traf, start, duration)
                self.fragments.append((offset, start, duration, samples))
                start += duration
        self.duration = start
        self.media_bytes = sum(len(body) for kind, _, body in top if kind == "mdat")

    @staticmethod
    def track_header(trak):
        tkhd = inside(trak, "tkhd")
        return tkhd[20:] if tkhd[0] == 1 else tkhd[12:]

    def _media(self, mdia):
        mdhd = inside(mdia, "mdhd")
        (self.timescale,) = struct.unpack_from(">I", mdhd, 20 if mdhd[0] == 1 else 12)
        (letters,) = struct.unpack_from(">H", mdhd, 32 if mdhd[0] == 1 else 20)
        self.language = "".join(chr(0x60 + (letters >> shift & 31)) for shift in (10, 5, 0))
        handler = inside(mdia, "hdlr")[8:12]
        entry = inside(mdia, "minf", "stbl", "stsd")[8:]
        ((self.codec, _, sample),) = boxes(entry)
        if handler == b"vide":
            self.type = "video"
            self.width, self.height = struct.unpack_from(">HH", sample, 24)
            self.private = self._parameter_sets(inside(sample[78:], "avcC"))
        else:
            self.type = "audio"
            self.channels, self.bits = struct.unpack_from(">HH", sample, 16)
            (self.rate,) = struct.unpack_from(">H", sample, 24)
            self.private = self._decoder_info(inside(sample[28:], "esds")[4:])

    @staticmethod
    def _parameter_sets(avcc):
        """The sequence and picture parameter sets, each after a start code."""
        out, at = b"", 5
        for mask in (31, 255):
            count, at = avcc[at] & mask, at + 1
            for _ in range(count):
                (size,) = struct.unpack_from(">H", avcc, at)
                out += b"\0\0\0\1" + avcc[at + 2 : at + 2 + size]
                at += 2 + size
        return out.hex().upper()

    @staticmethod
    def _decoder_info(esds):
        """The AudioSpecificConfig: descriptor 5 inside 4 inside 3 (ISO/IEC 14496-1)."""
        at = 0
        for tag, fixed in ((3, 3), (4, 13), (5, 0)):
            if esds[at] != tag:
                raise ValueError(f"descriptor {esds[at]}, not {tag}")
            size, at = 0, at + 1
            while True:
                byte, at = esds[at], at + 1
                size = size << 7 | byte & 127
                if byte < 128:
                    break
            at += fixed
        return esds[at : at + size].hex().upper()

    def _defaults(self, trex):
        _, self.trex_duration = struct.unpack_from(">II", trex, 8)

    def _fragment(self, traf):
        tfhd, trun = inside(traf, "tfhd"), inside(traf, "trun")
        flags, track = struct.unpack_from(">II", tfhd, 0)
        if track != self.id:
            raise ValueError(f"{self.name}: a fragment of track {track}, not {self.id}")
        at = 8 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
        default = struct.unpack_from(">I", tfhd, at)[0] if flags & 8 else self.trex_duration
        flags, samples = struct.unpack_from(">II", trun, 0)
        flags &= 0xFFFFFF
        at = 8 + (4 if flags & 1 else 0) + (4 if flags & 4 else 0)
        step = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
        duration = 0
        for index in range(samples):
            given = flags & 0x100
            duration += struct.unpack_from(">I", trun, at + index * step)[0] if given else default
        return duration, samples

    def _own_time(self, traf, start, duration):
        """The time a fragment gives itself must be the sum of those before it ([MS-SSTR] 2.2.4.4, TfxdBox)."""
        body = inside(traf, "uuid")
        if body[:16].hex() != "6d1d9b0542d544e680e2141daff757b2":
            raise ValueError(f"{self.name}: an extension box that is not the fragment's time")
        if struct.unpack_from(">QQ", body, 20) != (start, duration):
            raise ValueError(f"{self.name}: the fragment at {start} says it is elsewhere")

    def random_access(self):
        """(time, offset of the fragment) for each entry of the index at the end of the file."""
        tfra = inside(self.data, "mfra", "tfra")
        _, track, lengths, count = struct.unpack_from(">IIII", tfra, 0)
        if track != self.id:
            raise ValueError(f"{self.name}: an index of track {track}, not {self.id}")
        wide = "QQ" if tfra[0] == 1 else "II"
        tail = sum((lengths >> shift & 3) + 1 for shift in (4, 2, 0))
        step = struct.calcsize(">" + wide) + tail
        return [struct.unpack_from(">" + wide, tfra, 16 + n * step) for n in range(count)]

    @property
    def bitrate(self):
        """Bits a second of media data, boxes not counted."""
        return round(self.media_bytes * 8 * self.timescale / self.duration)


def tracks():
    files = sorted(FOLDER.glob(f"{TITLE}_*.ism[va]"))
    found = sorted((Track(path) for path in files), key=lambda t: (t.type, t.bitrate))
    return [t for t in found if t.type == "video"], [t for t in found if t.type == "audio"]


def server_manifest(video, audio):
    """SMIL as the services' encoders wrote it; `fmp4` is what they call a set of fragmented files."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<smil xmlns="http://www.w3.org/2001/SMIL20/Language">',
        "  <head>",
        f'    <meta name="clientManifestRelativePath" content="{TITLE}.ismc" />',
        '    <meta name="formats" content="fmp4" />',
        "  </head>",
        "  <body>",
        "    <switch>",
    ]
    for track in audio + video:
        language = f' systemLanguage="{track.language}"' if track.type == "audio" else ""
        lines.append(
            f'      <{track.type} src="{track.name}" systemBitrate="{track.bitrate}"{language}>'
        )
        params = [("systemBitrate", track.bitrate), ("trackID", track.id), ("trackName", track.type)]
        if track.type == "audio":
            params.append(("systemLanguage", track.language))
        for name, value in params:
            lines.append(f'        <param name="{name}" value="{value}" valuetype="data" />')
        lines.append(f"      </{track.type}>")
    return lines + ["    </switch>", "  </body>", "</smil>"]


def client_manifest(video, audio):
    """[MS-SSTR] 2.2.2: the qualities of each stream and the fragments they have in common."""
    scale = video[0].timescale
    duration = max(track.duration for track in video + audio)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<SmoothStreamingMedia MajorVersion="2" MinorVersion="2" Duration="{duration}" TimeScale="{scale}">',
    ]
    for group in (audio, video):
        kind, chunks = group[0].type, group[0].fragments
        extra = (
            f' Language="{group[0].language}"'
            if kind == "audio"
            else f' MaxWidth="{group[-1].width}" MaxHeight="{group[-1].height}"'
        )
        lines.append(
            f'  <StreamIndex Chunks="{len(chunks)}" Type="{kind}" QualityLevels="{len(group)}"'
            f' Url="QualityLevels({{bitrate}})/Fragments({kind}={{start time}})"'
            f' Name="{kind}" TimeScale="{scale}"{extra}>'
        )
        for index, track in enumerate(group):
            shape = (
                f'MaxWidth="{track.width}" MaxHeight="{track.height}"'
                if kind == "video"
                else f'SamplingRate="{track.rate}" Channels="{track.channels}"'
                f' BitsPerSample="{track.bits}" PacketSize="4" AudioTag="255"'
            )
            lines.append(
                f'    <QualityLevel Index="{index}" Bitrate="{track.bitrate}" FourCC="{FOURCC[kind]}"'
                f' {shape} CodecPrivateData="{track.private}" />'
            )
        for _, start, length, _ in chunks:
            lines.append(f'    <c t="{start}" d="{length}" />')
        lines.append("  </StreamIndex>")
    return lines + ["</SmoothStreamingMedia>"]


def write():
    video, audio = tracks()
    for suffix, lines in (("ism", server_manifest(video, audio)), ("ismc", client_manifest(video, audio))):
        (FOLDER / f"{TITLE}.{suffix}").write_text("\n".join(lines) + "\n", encoding="utf-8")


def require(condition, message):
    if not condition:
        sys.exit(f"{FOLDER.name}: {message}")


def check_file(track):
    moofs = track.kinds.count("moof")
    require(track.kinds[0] == "ftyp" and track.kinds[-1] == "mfra", f"{track.name}: {track.kinds}")
    require(moofs > 1, f"{track.name}: {moofs} fragments")
    for before, after in zip(track.kinds, track.kinds[1:]):
        require((before == "moof") == (after == "mdat"), f"{track.name}: {after} after {before}")
    index = [(start, offset) for offset, start, _, _ in track.fragments]
    require(track.random_access() == index, f"{track.name}: its index is not its fragments")


def check():
    video, audio = tracks()
    by_name = {track.name: track for track in video + audio}
    for track in by_name.values():
        check_file(track)
    for track in video:
        same = [f[1:] for f in track.fragments] == [f[1:] for f in video[0].fragments]
        require(same, f"{track.name}: not cut where {video[0].name} is")

    server = xml.parse(FOLDER / f"{TITLE}.ism").getroot()
    metas = {m.get("name"): m.get("content") for m in server.iter(f"{SMIL}meta")}
    require(metas["clientManifestRelativePath"] == f"{TITLE}.ismc", "title.ism names another client manifest")
    entries = list(server.find(f"{SMIL}body/{SMIL}switch"))
    require(sorted(e.get("src") for e in entries) == sorted(by_name), "title.ism lists other files")
    for entry in entries:
        track = by_name[entry.get("src")]
        params = {p.get("name"): p.get("value") for p in entry}
        require(entry.tag == SMIL + track.type, f"title.ism: {track.name} is {track.type}")
        require(int(params["trackID"]) == track.id, f"title.ism: track ID of {track.name}")
        require(int(entry.get("systemBitrate")) == track.bitrate, f"title.ism: bitrate of {track.name}")

    client = xml.parse(FOLDER / f"{TITLE}.ismc").getroot()
    longest = 0
    for stream in client.iter("StreamIndex"):
        group = {"video": video, "audio": audio}[stream.get("Type")]
        chunks = [(int(c.get("t")), int(c.get("d"))) for c in stream.iter("c")]
        require(int(stream.get("Chunks")) == len(chunks), f"title.ismc: {stream.get('Type')} chunk count")
        levels = list(stream.iter("QualityLevel"))
        require(len(levels) == len(group), f"title.ismc: {stream.get('Type')} qualities")
        for level, track in zip(levels, group):
            require(track.kinds.count("moof") == len(chunks), f"title.ismc: fragments of {track.name}")
            require([f[1:3] for f in track.fragments] == chunks, f"title.ismc: times of {track.name}")
            require(int(stream.get("TimeScale")) == track.timescale, f"title.ismc: timescale of {track.name}")
            require(int(level.get("Bitrate")) == track.bitrate, f"title.ismc: bitrate of {track.name}")
            require(level.get("CodecPrivateData") == track.private, f"title.ismc: codec of {track.name}")
            longest = max(longest, sum(d for _, d in chunks))
    require(int(client.get("Duration")) == longest, "title.ismc: duration")

    files = [*by_name, f"{TITLE}.ism", f"{TITLE}.ismc"]
    size = sum((FOLDER / name).stat().st_size for name in files)
    require(size <= LIMIT, f"{size} bytes, more than {LIMIT}")
    for track in audio + video:
        seconds = track.duration / track.timescale
        print(f"{track.name}: {len(track.fragments)} fragments, {seconds:.3f} s, {track.bitrate} bit/s")
    print(f"{len(files)} files, {size} bytes: the manifests agree with the media")


if __name__ == "__main__":
    commands = {"write": write, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]]()
