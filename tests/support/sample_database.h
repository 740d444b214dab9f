// A small database that has every kind of file, for tests that damage it.
#pragma once

#include <string>

#include "ashlar/database.h"
#include "support/write_script.h"

namespace ashlar {

// Options under which the sample was written and is read.
Options sample_options(Compression compression = Compression::kLz4);

// Writes the sample into `folder`: tables (merged and young), value files, a manifest with several
// edits, and, in the log, writes that are in no table. The database's process looks killed.
// Returns what it holds; all of it is on stable storage.
ScriptState make_sample(const std::string& folder, Compression compression = Compression::kLz4);

// Copies the folder of an open database that nobody writes to: the copy is what a killed process
// would leave, its log included.
void copy_as_killed(Database& database, const std::string& to);

// The script that wrote the sample, to compare with.
const WriteScript& sample_script();

// What opening, reading every entry in both directions and by key, and verify() make of a folder.
struct Examination {
  Status status;              // the first error
  std::string wrong;          // a wrong or missing answer that came without an error
  bool verify_found = false;  // verify() listed problems, or failed
  std::string problems;       // their text, and the error's
};
Examination examine(const std::string& folder, const ScriptState& expected, Options options);

}  // namespace ashlar
