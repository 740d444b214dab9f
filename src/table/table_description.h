// What is in a table or value file, as text, for a person who inspects it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ashlar/status.h"
#include "env/env.h"

namespace ashlar {

// Calls `line`, without a newline, for the header and for each part of the file in order of its
// offset: groups, leaves, index pages, range tombstones; for a leaf also its entries if `entries`.
// Damaged pages are named and passed over; the first finding is returned at the end. Errors of
// opening, or kCorruption if the header is damaged, end it.
Status describe_table(Env& env, const std::string& path, bool entries,
                      const std::function<void(std::string_view line)>& line);

// The same for a value file: header and records.
Status describe_value_file(Env& env, const std::string& path,
                           const std::function<void(std::string_view line)>& line);

}  // namespace ashlar
