// Groups and distinct values, one after the other, as they go to the caller.
#pragma once

#include <memory>
#include <string>

#include "ashlar/query.h"
#include "query/grouping.h"
#include "query/query_run.h"

namespace ashlar {

// Runs the query to its end when it is made; a failure is its status().
//
// Threads: one at a time.
class GroupCursor : public Cursor {
 public:
  enum class Result : unsigned char { kGroups, kDistinctValues };

  GroupCursor(std::unique_ptr<QueryRun> run, GroupingSpec spec, Engine& engine, Result result);

  bool valid() const override { return valid_; }
  void next() override;
  Entry entry() const override { return {{}, text_}; }
  const Status& status() const override { return status_; }

 private:
  Status collect(QueryRun& run);
  Status load();

  const GroupingSpec spec_;
  Grouper grouper_;
  const Result result_;
  bool valid_ = false;
  std::string text_;
  Status status_;
};

}  // namespace ashlar
