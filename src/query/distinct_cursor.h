// The values of an index's first field, one after the other, as they go to the caller.
#pragma once

#include <memory>
#include <string>

#include "ashlar/range.h"
#include "query/query_run.h"

namespace ashlar {

// Threads: one at a time.
class DistinctCursor : public Cursor {
 public:
  // Of a plan whose root skips values (IndexAccess).
  explicit DistinctCursor(std::unique_ptr<QueryRun> run);

  bool valid() const override { return valid_; }
  void next() override;
  Entry entry() const override { return {{}, text_}; }
  const Status& status() const override { return status_; }

 private:
  Status load();

  const std::unique_ptr<QueryRun> run_;
  bool valid_ = false;
  std::string text_;
  Status status_;
};

}  // namespace ashlar
