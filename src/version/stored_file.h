// Files of the database that versions share; the last version out deletes what is obsolete.
#pragma once

#include <atomic>
#include <memory>
#include <new>
#include <string>

#include "env/env.h"
#include "table/table.h"
#include "table/value_file.h"

namespace ashlar {

// A table or value file together with its place on disk.
//
// Ownership: shared by every version that names it.
// Invariant: [STORE-1] the file is removed from disk only after an edit without it was durable
//            (mark_obsolete) and no version that names it is left.
template <typename Reader, typename Summary>
class StoredFile {
 public:
  StoredFile(Env& env, std::string path, Summary file_summary, std::shared_ptr<Reader> opened)
      : summary(std::move(file_summary)),
        reader(std::move(opened)),
        env_(env),
        path_(std::move(path)) {}
  ~StoredFile() {
    reader.reset();
    // A file that can't be removed now is removed as a leftover when the database is next opened.
    if (!obsolete_.load(std::memory_order_acquire)) return;
    try {
      (void)env_.remove(path_);
    } catch (const std::bad_alloc&) {
    }
  }
  StoredFile(const StoredFile&) = delete;
  StoredFile& operator=(const StoredFile&) = delete;

  void mark_obsolete() { obsolete_.store(true, std::memory_order_release); }
  const std::string& path() const { return path_; }

  const Summary summary;
  std::shared_ptr<Reader> reader;

 private:
  Env& env_;
  const std::string path_;
  std::atomic<bool> obsolete_{false};
};

using StoredTable = StoredFile<Table, TableSummary>;
using StoredValueFile = StoredFile<ValueFile, ValueFileSummary>;

}  // namespace ashlar
