// The documents that a query finds, one after the other, as they go to the caller.
#pragma once

#include <memory>
#include <string>

#include "ashlar/query.h"
#include "query/query_run.h"

namespace ashlar {

// Threads: one at a time.
class QueryCursor : public DocumentCursor {
 public:
  explicit QueryCursor(std::unique_ptr<QueryRun> run);

  bool valid() const override { return valid_; }
  void next() override;
  Entry entry() const override;
  const Status& status() const override { return status_; }
  std::string resume_token() const override { return run_->resume_token(); }

 private:
  Status load();

  const std::unique_ptr<QueryRun> run_;
  bool valid_ = false;
  std::string projected_;
  Status status_;
};

}  // namespace ashlar
