#include "wal/log_dump.h"

#include "base/try.h"
#include "wal/frame_source.h"
#include "wal/log_segment.h"

namespace ashlar {
namespace {

Result<std::vector<Operation>> decode_operations(std::string_view bytes) {
  std::vector<Operation> operations;
  while (!bytes.empty()) {
    std::size_t consumed = 0;
    ASHLAR_TRY_ASSIGN(const Operation operation, decode_operation(bytes, &consumed));
    operations.push_back(operation);
    bytes.remove_prefix(consumed);
  }
  return operations;
}

}  // namespace

Result<DumpedSegment> dump_segment(Env& env, const std::string& path,
                                   const std::function<Status(const DumpedFrame&)>& visit) {
  ASHLAR_TRY_ASSIGN(std::unique_ptr<File> file, env.open_file(path, {}));
  ASHLAR_TRY_ASSIGN(const std::optional<SegmentHeader> header, read_segment_header(*file));
  if (!header) return Status::corruption(path + ": offset 0: the header was never written");
  const SegmentInfo& info = header->info;
  DumpedSegment dumped{*header, 0, kLogBlockBytes};
  SegmentSource source(info, std::move(file));
  uint64_t position = info.start;
  while (position < info.end()) {
    ASHLAR_TRY_ASSIGN(const std::optional<VerifiedFrame> frame,
                      read_frame(source, info.generation, position, info.end()));
    if (!frame) break;
    DumpedFrame shown{info.offset_of(position), position, frame->header, {}};
    ASHLAR_TRY_ASSIGN(shown.operations, decode_operations(frame->operations));
    ASHLAR_TRY(visit(shown));
    position += frame->header.length;
    ++dumped.frames;
    dumped.valid_end = info.offset_of(position);
  }
  return dumped;
}

}  // namespace ashlar
