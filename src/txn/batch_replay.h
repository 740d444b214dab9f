// Doing what a batch says.
#pragma once

#include <chrono>
#include <string_view>

#include "ashlar/batch.h"
#include "ashlar/status.h"

namespace ashlar {

// Calls receiver->set(key, value, ttl), del(key) or del_range(from, to) for each write of the batch
// in order, up to the first error, which it returns. `default_ttl` is that of sets that have none.
template <typename Receiver>
Status replay_batch(const Batch& batch, std::chrono::milliseconds default_ttl, Receiver* receiver) {
  Status status;
  batch.for_each([&](Batch::Operation operation, std::string_view key, std::string_view value,
                     std::chrono::milliseconds ttl) {
    if (!status.ok()) return;
    switch (operation) {
      case Batch::Operation::kSet:
        status = receiver->set(key, value, ttl.count() == 0 ? default_ttl : ttl);
        break;
      case Batch::Operation::kDelete:
        status = receiver->del(key);
        break;
      case Batch::Operation::kDeleteRange:
        status = receiver->del_range(key, value);
        break;
    }
  });
  return status;
}

}  // namespace ashlar
