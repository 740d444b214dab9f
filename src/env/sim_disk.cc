#include "env/sim_disk.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/coding.h"
#include "base/hash.h"

namespace ashlar {
namespace {

uint64_t new_stamp() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

uint64_t pages_for(uint64_t bytes) {
  return (bytes + kSimPageBytes - 1) / kSimPageBytes;
}

// Calls `part(page, offset in page, offset in range, bytes)` for each page of a range.
template <typename Part>
void for_each_page(uint64_t offset, uint64_t bytes, const Part& part) {
  uint64_t done = 0;
  while (done < bytes) {
    const uint64_t inside = (offset + done) % kSimPageBytes;
    const uint64_t count = std::min<uint64_t>(bytes - done, kSimPageBytes - inside);
    part((offset + done) / kSimPageBytes, inside, done, count);
    done += count;
  }
}

}  // namespace

SimDisk::SimDisk() : stamp_(new_stamp()) {
  add(kSimRoot, /*is_folder=*/true);
}

SimDisk SimDisk::clone() {
  SimDisk copy;
  copy.nodes_ = nodes_;
  stamp_ = new_stamp();  // [SIM-1]
  return copy;
}

void SimDisk::add(SimFileId id, bool is_folder) {
  nodes_[id].is_folder = is_folder;
}

std::vector<std::shared_ptr<SimDisk::Page>>* SimDisk::own_pages(Node* node) {
  if (!node->table || node->table->stamp != stamp_) {
    auto table = std::make_shared<PageTable>();
    if (node->table) table->pages = node->table->pages;
    table->stamp = stamp_;
    node->table = std::move(table);
  }
  return &node->table->pages;
}

SimDisk::Page* SimDisk::own_page(Node* node, uint64_t index) {
  auto* pages = own_pages(node);
  if (pages->size() <= index) pages->resize(index + 1);
  std::shared_ptr<Page>& page = (*pages)[index];
  if (!page && index >= node->reserved_pages) ++node->extra_pages;
  if (!page || page->stamp != stamp_) {
    page = page ? std::make_shared<Page>(*page) : std::make_shared<Page>();
    page->stamp = stamp_;
  }
  return page.get();
}

const SimDisk::Page* SimDisk::page_of(const Node& node, uint64_t index) {
  if (!node.table || index >= node.table->pages.size()) return nullptr;
  return node.table->pages[index].get();
}

void SimDisk::read(SimFileId id, uint64_t offset, char* to, std::size_t bytes) const {
  if (bytes > 0) std::memset(to, 0, bytes);
  read_into_zeros(id, offset, to, bytes);
}

void SimDisk::read_into_zeros(SimFileId id, uint64_t offset, char* to, std::size_t bytes) const {
  const Node& node = nodes_.at(id);
  ASHLAR_CHECK(offset <= node.size && bytes <= node.size - offset);
  for_each_page(offset, bytes, [&](uint64_t index, uint64_t inside, uint64_t at, uint64_t count) {
    const Page* const page = page_of(node, index);
    if (page != nullptr) std::memcpy(to + at, page->bytes.data() + inside, count);
  });
}

std::string SimDisk::contents(SimFileId id) const {
  std::string bytes(size(id), '\0');
  read_into_zeros(id, 0, bytes.data(), bytes.size());
  return bytes;
}

void SimDisk::write(SimFileId id, uint64_t offset, std::string_view bytes) {
  Node& node = nodes_.at(id);
  for_each_page(
      offset, bytes.size(), [&](uint64_t index, uint64_t inside, uint64_t at, uint64_t count) {
        std::memcpy(own_page(&node, index)->bytes.data() + inside, bytes.data() + at, count);
      });
  if (!bytes.empty()) node.size = std::max(node.size, offset + bytes.size());
}

void SimDisk::truncate(SimFileId id, uint64_t bytes) {
  Node& node = nodes_.at(id);
  const uint64_t kept = pages_for(bytes);
  if (bytes < node.size && node.table) {
    auto* pages = own_pages(&node);
    for (uint64_t index = kept; index < pages->size(); ++index) {
      if ((*pages)[index] && index >= node.reserved_pages) --node.extra_pages;
    }
    if (pages->size() > kept) pages->resize(kept);
    const uint64_t inside = bytes % kSimPageBytes;
    if (inside != 0 && page_of(node, kept - 1) != nullptr) {
      Page* const page = own_page(&node, kept - 1);
      std::fill(page->bytes.begin() + static_cast<std::ptrdiff_t>(inside), page->bytes.end(), '\0');
    }
  }
  node.reserved_pages = std::min(node.reserved_pages, kept);
  node.size = bytes;
}

void SimDisk::allocate(SimFileId id, uint64_t bytes) {
  Node& node = nodes_.at(id);
  const uint64_t pages = pages_for(bytes);
  for (uint64_t index = node.reserved_pages; index < pages; ++index) {
    if (page_of(node, index) != nullptr) --node.extra_pages;
  }
  node.reserved_pages = std::max(node.reserved_pages, pages);
  node.size = std::max(node.size, bytes);
}

SimFileId SimDisk::lookup(const SimName& name) const {
  const auto& entries = nodes_.at(name.folder).entries;
  const auto found = entries.find(name.name);
  return found == entries.end() ? kNoSimFile : found->second;
}

void SimDisk::assign(const SimName& name, SimFileId id) {
  auto& entries = nodes_.at(name.folder).entries;
  if (id == kNoSimFile) {
    entries.erase(name.name);
  } else {
    entries[name.name] = id;
  }
}

bool SimDisk::has_name(SimFileId id) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    const auto& entries = node.second.entries;
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return entry.second == id; });
  });
}

SimName SimDisk::locate(std::string_view path) const {
  SimName at{kSimRoot, ""};
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (!at.name.empty()) {
      const SimFileId next = lookup(at);
      if (next == kNoSimFile || !is_folder(next)) return {kNoSimFile, std::string(part)};
      at.folder = next;
    }
    at.name = part;
  }
  return at;
}

SimFileId SimDisk::find(std::string_view path) const {
  const SimName name = locate(path);
  if (name.folder == kNoSimFile) return kNoSimFile;
  return name.name.empty() ? name.folder : lookup(name);
}

void SimDisk::reach(SimFileId id, std::map<SimFileId, Node>* reached) {
  auto node = nodes_.extract(id);
  if (node.empty()) return;
  const auto entries = node.mapped().entries;
  reached->insert(std::move(node));
  for (const auto& entry : entries) reach(entry.second, reached);
}

void SimDisk::drop_unreachable() {
  std::map<SimFileId, Node> reached;
  reach(kSimRoot, &reached);
  nodes_ = std::move(reached);
}

// Pages of zeros count as not there, wherever they came from.
void SimDisk::describe(SimFileId id, std::string* to) const {
  const Node& node = nodes_.at(id);
  append_fixed<uint64_t>(to, node.size);
  if (node.table) {
    static const uint64_t kZeros = hash_key(std::string(kSimPageBytes, '\0'));
    for (std::size_t i = 0; i < node.table->pages.size(); ++i) {
      const Page* const page = node.table->pages[i].get();
      if (page == nullptr) continue;
      const uint64_t hash = hash_key({page->bytes.data(), page->bytes.size()});
      if (hash == kZeros) continue;
      append_fixed<uint64_t>(to, i);
      append_fixed<uint64_t>(to, hash);
    }
  }
  for (const auto& [name, entry] : node.entries) {
    to->append(1, '/').append(name).append(1, '\0');
    describe(entry, to);
  }
}

uint64_t SimDisk::digest() const {
  std::string description;
  describe(kSimRoot, &description);
  return hash_key(description);
}

uint64_t SimDisk::used_bytes() const {
  uint64_t pages = 0;
  for (const auto& [id, node] : nodes_) pages += node.reserved_pages + node.extra_pages;
  return pages * kSimPageBytes;
}

uint64_t SimDisk::growth_of_write(SimFileId id, uint64_t offset, uint64_t bytes) const {
  const Node& node = nodes_.at(id);
  uint64_t pages = 0;
  for_each_page(offset, bytes, [&](uint64_t index, uint64_t, uint64_t, uint64_t) {
    if (index >= node.reserved_pages && page_of(node, index) == nullptr) ++pages;
  });
  return pages * kSimPageBytes;
}

uint64_t SimDisk::growth_of_allocate(SimFileId id, uint64_t bytes) const {
  const Node& node = nodes_.at(id);
  uint64_t pages = 0;
  for (uint64_t index = node.reserved_pages; index < pages_for(bytes); ++index) {
    if (page_of(node, index) == nullptr) ++pages;
  }
  return pages * kSimPageBytes;
}

}  // namespace ashlar
