// Writing one document, or deleting it, with the entries of its indexes: one commit, and no
// transaction.
#pragma once

#include <optional>
#include <string_view>

#include "ashlar/options.h"
#include "ashlar/status.h"
#include "db/engine.h"
#include "index/index_set.h"

namespace ashlar {

// The changes are made out of what is stored at first; [IDX-4] under the commit lock the document,
// and every unique entry that was looked at, must still be what it was then. So the changes are
// those of the very moment of the commit, and nobody waits while they are made.
//
// `key` is a stored key that the set covers, and has been checked, as has `after`, which is null
// for a deletion.
//   kConflict   another commit changed the document, an entry with its values, or the indexes;
//               nothing is written: do it again with the indexes of that time.
//   kDuplicate, kTooLarge, and errors of Database::set.
Status write_indexed(Engine& engine, const IndexSet& set, std::string_view key,
                     const StoredValue* after, std::optional<Durability> durability);

}  // namespace ashlar
