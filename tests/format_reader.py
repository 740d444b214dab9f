#!/usr/bin/env python3
"""Reads a database's files, written from docs/FORMAT.md alone, without any of the engine's code.

  format_reader.py FOLDER          every live entry: key and value in hexadecimal, expiry, by key
  format_reader.py --log FOLDER    every operation of the log, one a line
  format_reader.py --files FOLDER  the files that the manifest names

Nothing is skipped silently: what does not verify ends the program with the file and the offset.
Zstd is not decoded here; a table that uses it ends the program with status 77.
"""

import argparse
import os
import re
import struct
import sys
import time

PAGE = 4096
CONTENT = PAGE - 4
SET, DELETE, DELETE_RANGE = 1, 2, 3
MASK64 = (1 << 64) - 1


class Damage(Exception):
    pass


def require(condition, path, offset, what):
    if not condition:
        raise Damage(f"{path}: offset {offset}: {what}")


# --- Checksums -----------------------------------------------------------------------------------

def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC_TABLE = _crc_table()


def crc32c(data, before=0):
    crc = before ^ 0xFFFFFFFF
    table = _CRC_TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def seed(a, b):
    x = ((a * 0x9E3779B97F4A7C15) ^ (b + 0x632BE59BD9B4E019)) & MASK64
    x = ((x ^ (x >> 32)) * 0xD6E8FEB86659FD93) & MASK64
    return (x ^ (x >> 32)) & 0xFFFFFFFF


# --- Fields --------------------------------------------------------------------------------------

class Fields:
    """Takes fields off the front of bytes."""

    def __init__(self, data, path="", base=0, at=0):
        self.data, self.path, self.base, self.at = data, path, base, at

    def take(self, count):
        require(self.at + count <= len(self.data), self.path, self.base + self.at, "cut off")
        self.at += count
        return self.data[self.at - count:self.at]

    def fixed(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            require(shift <= 63, self.path, self.base + self.at, "varint over 64 bits")

    def prefixed(self):
        return self.take(self.varint())

    def left(self):
        return len(self.data) - self.at


# --- Decompression -------------------------------------------------------------------------------

def lz4_block(data):
    out, at = bytearray(), 0
    while at < len(data):
        token = data[at]
        at += 1
        length = token >> 4
        if length == 15:
            while True:
                length += data[at]
                at += 1
                if data[at - 1] != 255:
                    break
        out += data[at:at + length]
        at += length
        if at >= len(data):
            break
        distance = data[at] | data[at + 1] << 8
        at += 2
        length = token & 15
        if length == 15:
            while True:
                length += data[at]
                at += 1
                if data[at - 1] != 255:
                    break
        copy_back(out, distance, length + 4)
    return bytes(out)


def snappy_block(data):
    fields = Fields(data)
    size = fields.varint()
    out = bytearray()
    while fields.left():
        tag = fields.fixed("B")
        kind, rest = tag & 3, tag >> 2
        if kind == 0:
            if rest >= 60:
                rest = int.from_bytes(fields.take(rest - 59), "little")
            out += fields.take(rest + 1)
        elif kind == 1:
            copy_back(out, (rest >> 3) << 8 | fields.fixed("B"), (rest & 7) + 4)
        else:
            copy_back(out, fields.fixed("H" if kind == 2 else "I"), rest + 1)
    assert len(out) == size
    return bytes(out)


def copy_back(out, distance, length):
    start = len(out) - distance
    for i in range(length):
        out.append(out[start + i])


def decompress(kind, data, path):
    if kind == 0:
        return data
    if kind == 1:
        return lz4_block(data)
    if kind == 2:
        return snappy_block(data)
    if kind == 3:
        print(f"{path}: Zstd is not decoded by this reader", file=sys.stderr)
        sys.exit(77)
    raise Damage(f"{path}: compression {kind}")


# --- Entries -------------------------------------------------------------------------------------

class Entry:
    """One version of a key."""

    def __init__(self, key, sequence, kind, value, expires_at, is_pointer):
        self.key, self.sequence, self.kind = key, sequence, kind
        self.value, self.expires_at, self.is_pointer = value, expires_at, is_pointer


class Operation:
    def __init__(self, fields):
        begin = fields.at
        self.timestamp = fields.fixed("Q")
        flags = fields.fixed("B")
        self.kind, self.is_pointer = flags & 15, bool(flags & 32)
        self.key = fields.prefixed()
        self.expires_at = fields.fixed("Q") if flags & 16 else 0
        self.value = fields.prefixed()
        computed = crc32c(fields.data[begin:fields.at])
        self.checksum = fields.fixed("I")
        require(computed == self.checksum, fields.path, fields.base + begin, "operation's checksum")


# --- Log -----------------------------------------------------------------------------------------

class Segment:
    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.data = file.read()
        header = self.data[:64]
        self.blank = header == bytes(64)
        if self.blank:
            return
        (checksum, magic, version, _, self.number, self.generation, self.start,
         self.first_sequence, _, self.capacity) = struct.unpack("<IIIIQQQQQQ", header)
        require(crc32c(header[4:]) == checksum, path, 0, "header's checksum")
        require(magic == 0xDB01106A and version == 1, path, 4, "magic or version")
        require(self.start % PAGE == 0, path, 32, "start")
        require(len(self.data) == PAGE + self.capacity, path, 56, "length of the file")


def read_frame(data, at, generation, position):
    """The frame at offset `at`, or None: (length, kind, sequence, operations)."""
    if at + 20 > len(data):
        return None
    checksum, length, sequence_and_kind, _ = struct.unpack_from("<IIQI", data, at)
    kind, sequence = sequence_and_kind & 255, sequence_and_kind >> 8
    if length < 20 or at + length > len(data) or kind not in (1, 2):
        return None
    operations, digest = [], 0
    if kind == 1:
        fields = Fields(data[at + 20:at + length])
        try:
            while fields.left():
                operations.append(Operation(fields))
        except Damage:
            return None
        for operation in operations:
            digest = crc32c(struct.pack("<I", operation.checksum), digest)
    covered = data[at + 4:at + 20] + struct.pack("<I", digest)
    if crc32c(covered, seed(generation, position)) != checksum:
        return None
    return length, kind, sequence, operations


class Ring:
    def __init__(self, folder):
        self.path = os.path.join(folder, "log.ring")
        self.data = b""
        if os.path.exists(self.path):
            with open(self.path, "rb") as file:
                self.data = file.read()

    def frame(self, generation, position):
        if not self.data:
            return None
        at = position % len(self.data)
        return read_frame(self.data[at:] + self.data[:at], 0, generation, position)


def segments_of(folder):
    """In order, each with `end`: where what counts of it ends at the latest."""
    segments = [Segment(os.path.join(folder, name)) for name in os.listdir(folder)
                if re.fullmatch(r"\d{6,}\.log", name)]
    segments = sorted((s for s in segments if not s.blank), key=lambda s: s.number)
    for i, segment in enumerate(segments):
        segment.end = segment.start + segment.capacity
        for later in segments[i + 1:]:
            if later.generation != segment.generation or later.start == segment.start:
                segment.end = min(segment.end, later.start)
    return [s for s in segments if s.end > s.start]


def read_log(folder, log_start):
    """Every commit at or behind position `log_start`: (sequence, operations)."""
    commits, last = [], None
    ring, segments = Ring(folder), segments_of(folder)
    position = None
    for segment in segments:
        if position is not None:
            # Only a change of generation leaves a rest of a block unused.
            require(segment.start == (position + PAGE - 1) // PAGE * PAGE, segment.path, 32,
                    "start is not where the log before ends")
        position = segment.start
        newest = segment.generation == segments[-1].generation
        while position < segment.end:
            frame = read_frame(segment.data, PAGE + position - segment.start, segment.generation,
                               position)
            if frame is None and newest:
                frame = ring.frame(segment.generation, position)
            if frame is None:
                break
            length, kind, sequence, operations = frame
            if kind == 1:
                require(last is None or sequence == last + 1, segment.path, position, "sequence")
                last = sequence
                if position >= log_start:
                    commits.append((sequence, operations))
            position += length
        if newest and position < segment.end:
            break  # the log's end
    return commits


# --- Tables --------------------------------------------------------------------------------------

class Table:
    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.data = file.read()
        page = self.data[:PAGE]
        require(len(page) == PAGE, path, 0, "no header page")
        (magic, version, self.entry_count, self.index_offset, self.number, self.page_count,
         self.data_pages, self.compression, self.directory_page, self.fence_page, self.maplet_page,
         self.bucket_count, self.tombstone_page, self.tombstone_count, prefix_length, _,
         self.smallest_sequence, self.largest_sequence, self.deletions,
         file_bytes) = struct.unpack_from("<IIQQQIIIIIIIIIHHQQQQ", page)
        require(magic == 0xDB01 and version == 1, path, 0, "magic or version")
        require(os.path.basename(path) == f"{self.number:06d}.table", path, 24, "file number")
        require(file_bytes == len(self.data), path, 96, "length of the file")
        self.prefix = page[104:104 + prefix_length]
        self.pages = {0: page}
        for number in range(self.data_pages + 1, self.page_count):
            at = self.index_offset + (number - self.data_pages - 1) * PAGE
            self.pages[number] = self.data[at:at + PAGE]
        self.read_data_pages()
        for number, content in sorted(self.pages.items()):
            stored = struct.unpack_from("<I", content, CONTENT)[0]
            require(crc32c(content[:CONTENT], seed(self.number, number)) == stored, path, number,
                    "page's checksum")

    def read_data_pages(self):
        if self.compression == 0:
            for number in range(1, self.data_pages + 1):
                self.pages[number] = self.data[number * PAGE:(number + 1) * PAGE]
            return
        for group in range((self.data_pages + 3) // 4):
            directory = self.pages[self.directory_page + group // 511]
            at, length = struct.unpack_from("<II", directory, group % 511 * 8)
            stored = self.data[at:at + length]
            first = 1 + group * 4
            checksum = struct.unpack_from("<I", stored, 4)[0]
            covered = stored[:1] + stored[8:]
            require(crc32c(covered, seed(self.number, first)) == checksum, self.path, at,
                    "group's checksum")
            image = decompress(stored[0], stored[8:], self.path)
            count = min(4, self.data_pages + 1 - first)
            require(len(image) == count * PAGE, self.path, at, "group's length")
            for i in range(count):
                self.pages[first + i] = image[i * PAGE:(i + 1) * PAGE]

    def leaves(self):
        """(page number, page count) of each."""
        number = 1
        while number <= self.data_pages:
            kind, span = self.pages[number][0], self.pages[number][1]
            require(kind == 1 and span >= 1, self.path, number, "head of a leaf")
            yield number, span
            number += span

    def leaf_content(self, number, span):
        """The leaf's bytes; a wide leaf's record goes on behind the heads of the further pages."""
        content = self.pages[number][:CONTENT]
        for i in range(1, span):
            page = self.pages[number + i]
            require(page[:4] == bytes([2, i, 0, 0]), self.path, number + i, "head of a page")
            content += page[4:CONTENT]
        return content

    def entries(self):
        last = None
        count = 0
        for number, span in self.leaves():
            content = self.leaf_content(number, span)
            records, prefix_length = struct.unpack_from("<HH", content, 2)
            prefix = content[8:8 + prefix_length]
            at = (8 + prefix_length + 3) // 4 * 4
            offsets = struct.unpack_from(f"<{records}H", content, at)
            heads = struct.unpack_from(f"<{records}H", content, at + 2 * records)
            for i, offset in enumerate(offsets):
                entry, suffix = self.record(content, offset, prefix, number)
                require(heads[i] == int.from_bytes(suffix[:2].ljust(2, b"\0"), "big"), self.path,
                        number, "key head")
                order = (entry.key, -entry.sequence)
                require(last is None or last < order, self.path, number, "order")
                require(entry.key.startswith(self.prefix), self.path, number, "table prefix")
                if i == 0:
                    self.check_fence(number, span, entry.key)
                last = order
                count += 1
                yield entry
        require(count == self.entry_count, self.path, 8, "number of entries")

    def record(self, content, offset, prefix, number):
        require(offset % 4 == 0, self.path, number, "record's offset")
        fields = Fields(content, self.path, number * PAGE, offset)
        flags = fields.fixed("B")
        key_length, value_length = fields.varint(), fields.varint()
        sequence = fields.varint() if flags & 64 else 0
        expires_at = fields.fixed("Q") if flags & 16 else 0
        suffix = fields.take(key_length)
        value = fields.take(value_length)
        return Entry(prefix + suffix, sequence, flags & 15, value, expires_at,
                     bool(flags & 32)), suffix

    def check_fence(self, number, span, key):
        fence = int.from_bytes(key[len(self.prefix):][:8].ljust(8, b"\0"), "big")
        for page in range(number, number + span):
            at = page - 1
            stored = struct.unpack_from("<Q", self.pages[self.fence_page + at // 511],
                                        at % 511 * 8)[0]
            require(stored == fence, self.path, page, "fence")

    def range_tombstones(self):
        if self.tombstone_count == 0:
            return []
        stream = b"".join(self.pages[number][:CONTENT]
                          for number in range(self.tombstone_page, self.page_count))
        fields = Fields(stream, self.path)
        return [(fields.prefixed(), fields.prefixed(), fields.varint())
                for _ in range(self.tombstone_count)]


# --- Value files ---------------------------------------------------------------------------------

class LoggedValues:
    """A segment of the log that has become a value file."""
    def __init__(self, path):
        self.segment = Segment(path)
        require(not self.segment.blank, path, 0, "a value file without a header")

    def value(self, pointer, key):
        _, offset, length, checksum = struct.unpack("<QQII", pointer)
        operation = Operation(Fields(self.segment.data, self.segment.path, 0, offset))
        require(operation.checksum == checksum and operation.key == key and
                len(operation.value) == length, self.segment.path, offset, "pointer")
        return operation.value


def open_values(path):
    with open(path, "rb") as file:
        magic = struct.unpack("<I", file.read(8)[4:])[0]
    return LoggedValues(path) if magic == 0xDB01106A else ValueFile(path)


class ValueFile:
    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.data = file.read()
        page = self.data[:PAGE]
        magic, version, self.number, file_bytes, self.records = struct.unpack_from("<IIQQQ", page)
        require(magic == 0xDB01FA1E and version == 1, path, 0, "magic or version")
        require(file_bytes == len(self.data), path, 16, "length of the file")
        require(crc32c(page[:CONTENT], seed(self.number, 0)) ==
                struct.unpack_from("<I", page, CONTENT)[0], path, 0, "header's checksum")

    def value(self, pointer, key):
        _, offset, length, checksum = struct.unpack("<QQII", pointer)
        stored, key_length, value_length = struct.unpack_from("<III", self.data, offset)
        require(stored == checksum and value_length == length, self.path, offset, "pointer")
        end = offset + 12 + key_length + value_length
        require(crc32c(self.data[offset + 4:end], seed(self.number, offset)) == stored, self.path,
                offset, "record's checksum")
        require(self.data[offset + 12:offset + 12 + key_length] == key, self.path, offset, "key")
        return self.data[end - value_length:end]


# --- Manifest ------------------------------------------------------------------------------------

class Manifest:
    """The files that make up the database, and where its log begins."""

    def __init__(self, folder):
        current = os.path.join(folder, "CURRENT")
        with open(current, "rb") as file:
            match = re.fullmatch(rb"(MANIFEST-(\d{6,})) ([0-9a-f]{8})\n", file.read())
        require(match, current, 0, "not as it should be")
        require(crc32c(match[1]) == int(match[3], 16), current, 0, "checksum")
        self.path = os.path.join(folder, match[1].decode())
        self.number = int(match[2])
        self.log_start = 0
        self.tables, self.value_files = set(), set()
        with open(self.path, "rb") as file:
            self.data = file.read()
        magic, version, number = struct.unpack_from("<IIQ", self.data)
        require(magic == 0xDB01ED17 and version == 1, self.path, 0, "magic or version")
        require(number == self.number, self.path, 8, "number")
        self.read_records()

    def read_records(self):
        at = 16
        while at + 8 <= len(self.data):
            checksum, length = struct.unpack_from("<II", self.data, at)
            covered = self.data[at + 4:at + 8 + length]
            if len(covered) < 4 + length or crc32c(covered, seed(self.number, at)) != checksum:
                break  # cut off by a crash
            self.apply(Fields(covered[4:], self.path, at + 8))
            at += 8 + length
        require(at > 16, self.path, at, "no state")

    def apply(self, fields):
        added_tables, added_values = set(), set()
        while fields.left():
            tag = fields.varint()
            if tag in (1, 2, 3, 5, 6):
                fields.varint()
            elif tag == 4:
                self.log_start = fields.varint()
            elif tag == 7:
                fields.varint()
                fields.prefixed()
            elif tag == 8:
                self.tables.remove(fields.varint())
            elif tag == 9:
                added_tables.add(self.table(fields))
            elif tag == 10:
                self.value_files.remove(fields.varint())
            elif tag == 11:
                added_values.add([fields.varint() for _ in range(5)][0])
            elif tag == 12:
                added_values.add([fields.varint() for _ in range(6)][0])
            else:
                require(False, self.path, fields.base + fields.at, f"field {tag}")
        self.tables |= added_tables
        self.value_files |= added_values

    @staticmethod
    def table(fields):
        numbers = [fields.varint() for _ in range(15)]
        fields.prefixed()
        fields.prefixed()
        for _ in range(fields.varint()):
            fields.varint()
            fields.varint()
        return numbers[2]


# --- The whole -----------------------------------------------------------------------------------

class State:
    """The newest version of each key."""

    def __init__(self):
        self.entries = {}

    def offer(self, entry):
        held = self.entries.get(entry.key)
        if held is None or held.sequence <= entry.sequence:
            self.entries[entry.key] = entry

    def delete_range(self, begin, end, sequence):
        for key, entry in list(self.entries.items()):
            if begin <= key and (not end or key < end) and entry.sequence < sequence:
                del self.entries[key]

    def replay(self, sequence, operations):
        for operation in operations:
            if operation.kind == DELETE_RANGE:
                # Also what the same commit wrote before.
                self.delete_range(operation.key, operation.value, sequence + 1)
            else:
                self.offer(Entry(operation.key, sequence, operation.kind, operation.value,
                                 operation.expires_at, operation.is_pointer))


def live_entries(folder):
    manifest = Manifest(folder)
    value_files = {}
    for number in manifest.value_files:
        value_files[number] = open_values(os.path.join(folder, f"{number:06d}.values"))
    state, tombstones = State(), []
    for number in sorted(manifest.tables):
        table = Table(os.path.join(folder, f"{number:06d}.table"))
        for entry in table.entries():
            state.offer(entry)
        tombstones += table.range_tombstones()
    for begin, end, sequence in tombstones:
        state.delete_range(begin, end, sequence)
    for sequence, operations in read_log(folder, manifest.log_start):
        state.replay(sequence, operations)
    now_ms = int(time.time() * 1000)
    for key in sorted(state.entries):
        entry = state.entries[key]
        if entry.kind == DELETE or (entry.expires_at and entry.expires_at <= now_ms):
            continue
        value = entry.value
        if entry.is_pointer:
            number = struct.unpack_from("<Q", value)[0]
            if number not in value_files:  # written since the manifest's last record
                value_files[number] = open_values(os.path.join(folder, f"{number:06d}.values"))
            value = value_files[number].value(value, key)
        yield key, value


def main():
    parser = argparse.ArgumentParser(description="Reads a database's files.")
    parser.add_argument("--log", action="store_true", help="print the log's operations")
    parser.add_argument("--files", action="store_true", help="print the files in use")
    parser.add_argument("folder")
    arguments = parser.parse_args()
    try:
        if arguments.log:
            manifest = Manifest(arguments.folder)
            for sequence, operations in read_log(arguments.folder, manifest.log_start):
                for operation in operations:
                    print(sequence, operation.timestamp, operation.kind, operation.key.hex(),
                          operation.value.hex(), operation.expires_at)
        elif arguments.files:
            manifest = Manifest(arguments.folder)
            print(os.path.basename(manifest.path))
            for number in sorted(manifest.tables):
                print(f"{number:06d}.table")
            for number in sorted(manifest.value_files):
                print(f"{number:06d}.values")
        else:
            for key, value in live_entries(arguments.folder):
                print(key.hex(), value.hex() or "-")
    except Damage as damage:
        print(damage, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
