// Comparing every index with the documents.
#pragma once

#include <functional>
#include <string>

#include "db/engine.h"
#include "index/index_catalogue.h"

namespace ashlar {

// Looks, at one moment, whether every document has exactly the entries that it should have, in
// every index that is complete; in those that are being built, whether every entry is that of a
// document. Calls `problem` for each finding. `go_on` is asked from time to time; once it says
// false, the check ends in kAborted. Other errors: those of reading.
Status check_indexes(Engine& engine, const IndexCatalogue& catalogue,
                     const std::function<bool()>& go_on,
                     const std::function<void(std::string)>& problem);

}  // namespace ashlar
