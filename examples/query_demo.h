// Makes indexes over the packages and asks questions, with the indexes and without.
#pragma once

#include "ashlar/database.h"

namespace ashlar::examples {

// Prints what it does, which plan each query chose, and how long it took beside a scan. Indexes of
// an earlier run are made anew. Ends the process with a sentence when something fails.
void show_queries(Database& db);

}  // namespace ashlar::examples
