"""The frames of an MP3, read without decoding it: whether all of it came.

ffmpeg skips what it cannot read and says little or nothing of it: a file that ends in the middle, or in the provider's
error message, decodes without a warning. Each frame says how long it is, so walking from one to the next shows it.
"""

from dataclasses import dataclass

_BIT_RATES = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second of Layer III by their index in the header: those of MPEG-1, and of MPEG-2 and 2.5."""

_SAMPLE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""By the two bits of the version: MPEG-1, 2 and 2.5."""

_HEADER = 4
_LONGEST = 1441
"""Bytes of the longest frame: 320 kb/s at 32 kHz."""

_TRAILERS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN")
"""What may follow the last frame: ID3v1, APEv2 and Lyrics3."""

_ID3_HEADER = 10


@dataclass(frozen=True, slots=True)
class Frames:
    """What an MP3 is made of: whole frames, and `foreign` bytes after the first that belong to none.

    `cut`: the last frame, or the number of frames that the file says it has, is not complete.
    """

    count: int
    foreign: int
    cut: bool

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, and nothing is there that should not be."""
        return not self.cut and not self.foreign


def read_frames(data: bytes) -> Frames | None:
    """Return the frames of an MP3; None for bytes that hold no frame, such as a WAV."""
    at = _first_frame(data)
    if at is None:
        return None
    declared = _declared(data[at : at + _LONGEST])
    count = foreign = 0
    cut = False
    end = len(data)
    while at < end:
        length = _frame_length(data, at)
        if not length:
            if data.startswith(_TRAILERS, at):
                break
            if (after := _after_tag(data, at)) > at:  # a server that joins MP3s, each with its tag
                at = after
                continue
            found = _next_frame(data, at + 1)
            stray = data[at:found]
            # A few zeros at the end are padding; a hole of zeros is as long as several frames.
            if found < end or len(stray) > _LONGEST or stray.strip(b"\0"):
                cut = cut or (found == end and len(stray) < _HEADER)
                foreign += len(stray) if len(stray) >= _HEADER else 0
            at = found
            continue
        if at + length > end:
            cut = True
            break
        count += 1
        at += length
    # The first frame, which says how many follow, holds no sound and is not counted by its encoder.
    return Frames(count, foreign, cut or (declared is not None and count < declared))


def _first_frame(data: bytes) -> int | None:
    at = _after_tag(data, 0)
    found = _next_frame(data[: at + 3 * _LONGEST], at)
    return found if found < min(len(data), at + 3 * _LONGEST) else None


def _after_tag(data: bytes, at: int) -> int:
    """Return where the ID3v2 tags end that begin at `at`; `at` if there is none."""
    while data.startswith(b"ID3", at) and len(data) >= at + _ID3_HEADER:
        # The length is in four bytes of seven bits each; a flag says that a footer follows.
        size = sum((byte & 0x7F) << shift for byte, shift in zip(data[at + 6 : at + 10], (21, 14, 7, 0), strict=True))
        at += _ID3_HEADER + size + (_ID3_HEADER if data[at + 5] & 0x10 else 0)
    return at


def _next_frame(data: bytes, at: int) -> int:
    """Return where the next frame begins, from `at`: two headers in a row, one after the other's length; else the end.

    Two bytes that look like a header are not rare within sound.
    """
    while (at := data.find(b"\xff", at)) >= 0:
        length = _frame_length(data, at)
        if length and (at + length >= len(data) or _frame_length(data, at + length)):
            return at
        at += 1
    return len(data)


def _frame_length(data: bytes, at: int) -> int:
    """Return the bytes of the frame whose header is at `at`, 0 if there is none."""
    if len(data) < at + _HEADER or data[at] != 0xFF or data[at + 1] & 0xE6 != 0xE2:  # sync and Layer III
        return 0
    version, rate_index, bit_rate = (data[at + 1] >> 3) & 3, (data[at + 2] >> 2) & 3, data[at + 2] >> 4
    rates = _SAMPLE_RATES.get(version)
    if rates is None or rate_index == 3 or bit_rate in {0, 15}:
        return 0
    first = version == 3
    kilobits = _BIT_RATES[first][bit_rate]
    return (144_000 if first else 72_000) * kilobits // rates[rate_index] + ((data[at + 2] >> 1) & 1)


def _declared(frame: bytes) -> int | None:
    """Return the number of frames that an encoder's own first frame says the file has, if it says so."""
    for name in (b"Xing", b"Info"):
        found = frame.find(name, _HEADER, 64)
        if found >= 0 and len(frame) >= found + 12 and frame[found + 7] & 1:
            return int.from_bytes(frame[found + 8 : found + 12], "big") or None
    return None
