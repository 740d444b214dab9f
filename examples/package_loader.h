// Turns a Debian package index into a database: one JSON document for each package, under pkg:NAME.
#pragma once

#include <cstdint>
#include <string>

#include "ashlar/database.h"

namespace ashlar::examples {

struct LoadReport {
  uint64_t packages = 0;  // distinct names
  uint64_t bytes = 0;     // of keys and documents
  uint64_t removed = 0;   // packages of an earlier load that the index no longer has
  double seconds = 0;
};

// Stores every package of the file `index` and removes those that are gone, with a progress bar;
// when it returns, all is on stable storage. Ends the process with a sentence when something fails.
LoadReport load_packages(Database& db, const std::string& index);

}  // namespace ashlar::examples
