// Entering the documents that were there before an index, in the background.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ashlar/result.h"
#include "db/engine.h"
#include "index/build_progress.h"
#include "index/index.h"

namespace ashlar {

class EntryChanges;
class IndexCatalogue;

// Builds one index at a time, in chunks, each of them a commit: a chunk enters the documents behind
// the last one's, and notes how far it got. Writers keep up the index meanwhile. [IDX-3] A chunk
// that meets a writer fails with a conflict, as both write the document's entries, unless the
// writer left them as they were; so an entry is never of a document's older state.
//
// Ownership: shared with its tasks, which do nothing once it has been stopped. What it is made with
//            must live until stop() returns.
// Threads:   any.
class IndexBuilder : public std::enable_shared_from_this<IndexBuilder> {
 public:
  IndexBuilder(Engine& engine, IndexCatalogue& catalogue);
  ~IndexBuilder();

  void add(std::shared_ptr<const Index> index, BuildProgress progress);
  // Gives up an index; a chunk of it may still be on its way.
  void remove(IndexId id);
  // Begins nothing more, and waits for the chunk that is being worked at.
  void stop();

  // Of an index that is being built.
  std::optional<BuildProgress> progress(IndexId id) const;
  // Returns when the index is not being built any more, or when building it fails for a reason that
  // may pass, such as a full disk: that error; it is tried again.
  Status wait(IndexId id);

 private:
  struct Job {
    std::shared_ptr<const Index> index;
    BuildProgress progress;
    Status error;  // of the last attempt
  };
  struct Reading;
  // What a chunk came to.
  struct Chunk {
    BuildProgress progress;
    std::size_t documents = 0;
    bool at_end = false;
  };

  void schedule(std::chrono::milliseconds delay);
  void run();
  Status work_at(const std::shared_ptr<const Index>& index, const BuildProgress& from);
  Result<Chunk> build_chunk(const std::shared_ptr<const Index>& index, const BuildProgress& from);
  Status read_chunk(Chunk* chunk, EntryChanges* changes);
  Status add_entries(const EntryChanges& changes, Commit* commit);
  void set_progress(IndexId id, const BuildProgress& progress);

  Engine& engine_;
  IndexCatalogue& catalogue_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;    // the first is being built
  bool scheduled_ = false;  // a task is submitted, or at work
  bool working_ = false;
  bool stopping_ = false;
  std::size_t chunk_documents_ = 1;  // at most, in the next chunk; the task's
  // May be null. The task's, or under mutex_ if none is at work.
  std::unique_ptr<Reading> reading_;
};

}  // namespace ashlar
