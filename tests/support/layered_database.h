// A database on a simulated disk whose state lies in every kind of file, for tests of care.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "ashlar/database.h"
#include "env/sim_env.h"

namespace ashlar {

// Every key with its value.
using Contents = std::map<std::string, std::string>;

// Writes `folder` on the disk of `sim`: a settled part, then overwrites, deletions and deletions of
// ranges in flushed tables, then more of all of that in the log; small and large values. The
// database is left as a killed process leaves it, on stable storage; returns what it holds.
Contents make_layered_database(SimEnv& sim, const std::string& folder, Compression compression,
                               uint64_t seed);

// The options that it was written with.
Options layered_options(SimEnv& sim, Compression compression = Compression::kLz4);

// Everything that a reader finds. An error fails the test and gives what was found until then.
Contents contents_of(const Database& database);
// Opens `folder` for writing, reads all of it, by key too, and verifies it.
Contents open_and_read(SimEnv& sim, const std::string& folder);

// All bytes of all files below a folder, by path.
std::map<std::string, std::string> bytes_below(SimEnv& sim, const std::string& folder);

}  // namespace ashlar
