// The write-ahead log as text: frames, and the seven fields of each operation.
#pragma once

#include <string>

#include "base/operation.h"
#include "tools/inspection.h"

namespace ashlar::tools {

Status inspect_segment(Env& env, const std::string& path, const InspectionOptions& options,
                       const PrintLine& print);
// What only the ring of the database in `folder` holds: the end of the log.
Status inspect_ring(Env& env, const std::string& folder, const InspectionOptions& options,
                    const PrintLine& print);

// "timestamp … | operation set | key length 1 | key "k" | value length 1 | value "v" | checksum …"
std::string operation_text(const Operation& operation, bool whole);

// "3 bytes at offset 4096 of 000035.values" for an encoded pointer.
std::string pointer_text(std::string_view encoded);

}  // namespace ashlar::tools
