// The files of a database as text, for a person who wants to see how it works.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ashlar/status.h"
#include "env/env.h"

namespace ashlar::tools {

using PrintLine = std::function<void(std::string_view line)>;

struct InspectionOptions {
  bool entries = false;  // of a table: every record, not only the pages
  bool whole = false;    // keys and values in full
};

// Any file that Ashlar writes; what it is is told from its name. Files may belong to a database
// that is open, here or elsewhere.
//   kInvalidArgument  no such file is written by Ashlar.
//   kNotFound         there is none at `path`.
//   kCorruption       with file and offset; what precedes the damage was printed.
Status inspect_file(Env& env, const std::string& path, const InspectionOptions& options,
                    const PrintLine& print);

// One line for each file in a database's folder: its name, its size, and what it is.
Status inspect_folder(Env& env, const std::string& folder, const PrintLine& print);

// Where the versions of one key lie, newest first: in the log, from where they are in the memtables
// too, and in which page of which table. Reads the files, so that it shows what is in them and not
// what is in memory. Errors as for inspect_file; kBusy if a live writer changed them meanwhile.
Status locate_key(Env& env, const std::string& folder, std::string_view key,
                  const PrintLine& print);

// `bytes` in quotes, escaped, cut to a width that fits a line unless `whole`.
std::string quoted_bytes(std::string_view bytes, bool whole);
// "2026-01-31T12:00:00.000001Z"
std::string moment_text(uint64_t microseconds);

}  // namespace ashlar::tools
