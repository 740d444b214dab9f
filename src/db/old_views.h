// Views that nobody looks at any more.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "db/read_view.h"

namespace ashlar {

// With a view may go memtables, the images of hundreds of megabytes of tables, and their files: a
// tenth of a second that whoever held it last, a reader at the end of its range, is not to wait for.
//
// Ownership: of the views in it.
// Threads:   any.
class OldViews {
 public:
  OldViews() = default;
  OldViews(const OldViews&) = delete;
  OldViews& operator=(const OldViews&) = delete;

  // While one lives, its thread frees views at once: nobody waits for it.
  class FreedHere {
   public:
    FreedHere();
    ~FreedHere();
    FreedHere(const FreedHere&) = delete;
    FreedHere& operator=(const FreedHere&) = delete;

   private:
    const bool outer_;
  };

  // True if the view waits for free(). It is freed at once beside a FreedHere, and if there is no
  // memory to keep it.
  bool add(const ReadView* view) noexcept;
  void free() noexcept;

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<const ReadView>> views_;
};

}  // namespace ashlar
