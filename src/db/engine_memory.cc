// What stays in memory: tables' images, what the caches have, pages that writers are about to need,
// and the order of what they have written.
#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "base/try.h"
#include "db/engine.h"

namespace ashlar {
namespace {

// Of what both caches have, for pages at least, though all tables are resident.
constexpr std::size_t kLeastPageCacheShare = 16;

}  // namespace

bool Engine::may_keep_image(std::size_t bytes) const {
  const std::size_t images = budget_.used(MemoryUse::kTable);
  const std::size_t limit = plan_.cache_bytes - plan_.minimum_page_cache_bytes;
  return images + bytes <= limit;
}

// The caches take what images leave: that of pages what tables need that are not resident, that of
// values the rest.
void Engine::update_cache_capacity() {
  const std::size_t images = budget_.used(MemoryUse::kTable);
  const std::size_t left = std::max(plan_.cache_bytes - std::min(plan_.cache_bytes, images),
                                    plan_.minimum_page_cache_bytes);
  const auto version = versions_.current();
  const auto missing = [](uint64_t bytes, const auto& file) {
    return bytes + (file->reader->resident() ? 0 : file->reader->image_bytes());
  };
  uint64_t of_tables = 0;
  for (const auto& table : version->all_tables()) of_tables = missing(of_tables, table);
  uint64_t of_values = 0;
  for (const auto& [number, file] : version->value_files) of_values = missing(of_values, file);
  const std::size_t values = std::min<uint64_t>(
      of_values, of_tables == 0 ? left - left / kLeastPageCacheShare : left / 2);
  value_cache_.set_capacity(values);
  page_cache_.set_capacity(left - values);
}

// Brings tables into memory as long as there is room, the youngest first; then the value files, but
// only all of them: some of them would do less than a cache of the values asked for.
void Engine::load_images() {
  const auto version = versions_.current();
  const auto load = [this](const auto& file) {
    const std::size_t bytes = file->reader->image_bytes();
    if (file->reader->resident() || !may_keep_image(bytes) || stopping_.load()) return;
    if (const Status loaded = file->reader->make_resident(); !loaded.ok()) {
      note_background_result("loading a table", loaded);
    }
  };
  for (const auto& table : version->all_tables()) load(table);
  std::size_t values = 0;
  for (const auto& [number, file] : version->value_files) {
    if (!file->reader->resident()) values += file->reader->image_bytes();
  }
  if (may_keep_image(values)) {
    for (const auto& [number, file] : version->value_files) load(file);
  }
  update_cache_capacity();
  if (commits_.load() == commits_at_idle_check_.load()) use_huge_pages();
}

// Memory that a writer touches first is slow: on a virtual machine whose host takes free memory
// back, half a million small writes spent a third of their time there. And the first range behind a
// million writes waited a tenth of a second for their order.
void Engine::work_ahead_of_writers() {
  std::shared_ptr<Memtable> active;
  {
    const std::lock_guard lock(view_mutex_);
    active = view_owner_->active;
  }
  const bool wanted = active->wants_touching() || active->wants_sorting();
  if (!wanted || working_ahead_.exchange(true)) return;
  const auto work = [this, active] {
    try {
      while (!stopping_.load() && active->touch_ahead()) {
      }
      if (!stopping_.load() && active->wants_sorting()) active->sort_ahead();
    } catch (const std::bad_alloc&) {
    }
    working_ahead_.store(false);
  };
  // Not by submit(): nobody needs this work, so that no write has to fail where there is no memory
  // or thread for it. Without a thread it is not tried again.
  try {
    executor_->submit(Lane::kMemory, work);
  } catch (const std::bad_alloc&) {
    working_ahead_.store(false);
  } catch (const std::system_error&) {
  }
}

// For what flushes left in small pages and no merge has replaced, and for the memory of memtables.
// Ends as soon as somebody writes.
void Engine::use_huge_pages() {
  const uint64_t commits = commits_.load();
  memtable_memory_.use_huge_pages([&] { return commits_.load() == commits && !stopping_.load(); });
  const auto use_huge_pages = [&](const auto& file) {
    FileImage& image = file->reader->image();
    if (!image.in_small_pages() || !may_keep_image(file->reader->image_bytes())) return;
    if (commits_.load() != commits || stopping_.load()) return;
    auto copy = image.copy_in_huge_pages(&budget_);
    if (!copy.ok() || *copy == nullptr) return;  // without memory, small pages will do
    replace_image(&image, std::move(copy).value());
    collect_retired();
  };
  const auto version = versions_.current();
  for (const auto& table : version->all_tables()) use_huge_pages(table);
  for (const auto& [number, file] : version->value_files) use_huge_pages(file);
}

// [VIEW-2] Whoever holds a view, which may be older than this one, may look at the old image.
void Engine::replace_image(FileImage* image, std::shared_ptr<const HugeBuffer> copy) {
  const std::lock_guard lock(view_mutex_);
  ReplacedImages& replaced = *view_owner_->replaced;
  auto next = new_view(*view_owner_);
  next->replaced = std::make_shared<ReplacedImages>();
  // Nothing is allocated between the exchange and the owner's new place.
  replaced.images.reserve(replaced.images.size() + 1);
  if (auto old = image->replace(std::move(copy))) {
    replaced.images.push_back(std::move(old));
    replaced.next = next->replaced;
    publish_view(std::move(next));
  }
}

}  // namespace ashlar
