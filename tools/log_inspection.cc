#include "tools/log_inspection.h"

#include <fmt/format.h>

#include "base/try.h"
#include "base/value_pointer.h"
#include "tools/manifest_inspection.h"
#include "version/file_names.h"
#include "wal/log_dump.h"
#include "wal/log_reader.h"

namespace ashlar::tools {

namespace {

std::string_view name_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::kSet:
      return "set";
    case EntryKind::kDelete:
      return "delete";
    case EntryKind::kDeleteRange:
      return "delete range";
  }
  return "?";
}

Status print_header(Env& env, const std::string& path, const PrintLine& print) {
  ASHLAR_TRY_ASSIGN(const auto file, env.open_file(path, {}));
  std::string bytes(kSegmentHeaderBytes, '\0');
  ASHLAR_TRY(file->read(0, bytes.data(), bytes.size()));
  if (bytes.find_first_not_of('\0') == std::string::npos) {
    return Status::corruption(path + ": offset 0: the header was never written; a spare segment");
  }
  const auto header = decode_segment_header(bytes);
  if (!header.ok()) {
    return Status(header.status().code(),
                  fmt::format("{}: offset 0: {}", path, header.status().message()));
  }
  const SegmentInfo& info = header->info;
  print(fmt::format(
      "magic 0x{:08X}, version {}, segment {}, generation {:016x}, start {}, first sequence {}, "
      "created {}, capacity {}",
      kSegmentMagic, kSegmentVersion, info.number, info.generation, info.start, info.first_sequence,
      moment_text(header->created_us), info.capacity));
  return {};
}

void print_frame(const DumpedFrame& frame, const InspectionOptions& options,
                 const PrintLine& print) {
  const bool commit = frame.header.kind == FrameKind::kCommit;
  print(fmt::format("offset {}, position {}: {}, sequence {}, {} bytes, {} of the log unsynced",
                    frame.file_offset, frame.position, commit ? "commit" : "padding",
                    frame.header.sequence, frame.header.length, frame.header.unsynced));
  for (const Operation& operation : frame.operations) {
    print("  " + operation_text(operation, options.whole));
  }
}

}  // namespace

std::string pointer_text(std::string_view encoded) {
  ValuePointer pointer;
  if (!ValuePointer::decode(encoded, &pointer)) return "a damaged pointer";
  return fmt::format("{} bytes at offset {} of {}", pointer.length, pointer.offset,
                     file_name(FileType::kValues, pointer.file_number));
}

std::string operation_text(const Operation& operation, bool whole) {
  std::string expiry;
  if (operation.expires_at_ms != 0) {
    expiry = fmt::format(" | expires at {}", moment_text(operation.expires_at_ms * 1000));
  }
  return fmt::format(
      "timestamp {} | operation {} | key length {} | key {}{} | value length {} | {} {} | "
      "checksum {:08x}",
      moment_text(operation.timestamp_us), name_of(operation.kind), operation.key.size(),
      quoted_bytes(operation.key, whole), expiry, operation.value.size(),
      operation.kind == EntryKind::kDeleteRange ? "end" : "value",
      operation.value_is_pointer ? pointer_text(operation.value)
                                 : quoted_bytes(operation.value, whole),
      operation.checksum);
}

Status inspect_segment(Env& env, const std::string& path, const InspectionOptions& options,
                       const PrintLine& print) {
  ASHLAR_TRY(print_header(env, path, print));
  ASHLAR_TRY_ASSIGN(const DumpedSegment segment,
                    dump_segment(env, path, [&](const DumpedFrame& frame) {
                      print_frame(frame, options, print);
                      return Status();
                    }));
  print(fmt::format("{} frames; the first byte that is none is at offset {}", segment.frames,
                    segment.valid_end));
  return {};
}

Status inspect_ring(Env& env, const std::string& folder, const InspectionOptions& options,
                    const PrintLine& print) {
  ASHLAR_TRY_ASSIGN(const ManifestState state, read_manifest_state(env, folder));
  uint64_t commits = 0;
  const auto visit = [&](const LogFrame& frame) -> Status {
    if (!frame.from_ring) return {};
    ++commits;
    print(fmt::format("position {}: commit, sequence {}", frame.position, frame.sequence));
    for (std::string_view rest = frame.operations; !rest.empty();) {
      std::size_t consumed = 0;
      ASHLAR_TRY_ASSIGN(const Operation operation, decode_operation(rest, &consumed));
      print("  " + operation_text(operation, options.whole));
      rest.remove_prefix(consumed);
    }
    return {};
  };
  ASHLAR_TRY(replay_log(env, folder, state.log_start, visit).status());
  print(fmt::format("{} commits that no segment holds yet", commits));
  return {};
}

}  // namespace ashlar::tools
