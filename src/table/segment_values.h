// A segment of the log as a value file: large values that stay where their commits were logged.
//
// The format is the log's (wal/log_format.h). A pointer's offset is that of the operation that set
// the value, its checksum that operation's; an operation carries key and value, so that what a
// pointer leads to can be told from anything else, as with a value file's own records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "base/operation.h"
#include "base/value_pointer.h"
#include "table/value_file_format.h"
#include "wal/log_format.h"

namespace ashlar {

// What stands for the whole file in a segment's summary: the checksum of its header, in which a
// random generation, position and time say which segment it is. `block` is the file's first.
uint32_t segment_identity(const char* block);

// Checks a segment's first block against the summary. kCorruption with `path`; kUnsupported if
// written by a newer version.
Result<SegmentInfo> check_segment_header(const char* block, const ValueFileSummary& summary,
                                         const std::string& path);

// The most bytes that the operation which set a value of `value_bytes` to this key can take.
std::size_t most_operation_bytes(std::string_view key, uint64_t value_bytes);

// The value that `pointer`, which was stored for `key`, leads to. `bytes` begin at its offset and
// end most_operation_bytes() behind it, or with the file. Without `verify` only key and length are
// compared, and not the checksums. kCorruption with `path` and offset.
Result<std::string_view> value_of_operation(std::string_view bytes, const ValuePointer& pointer,
                                            std::string_view key, bool verify,
                                            const std::string& path);

// Walks a whole segment in memory, whose header `info` is, checking every frame and operation;
// `visit` gets each set of a large value and its offset. kCorruption with `path` and offset.
Status walk_segment(std::string_view file, const SegmentInfo& info, const std::string& path,
                    const std::function<void(uint64_t offset, const Operation&)>& visit);

// The same, and checks that it is the segment that the summary tells of, with its values.
Status check_segment(std::string_view file, const ValueFileSummary& summary,
                     const std::string& path);

}  // namespace ashlar
