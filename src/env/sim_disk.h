// What a simulated disk holds: folders, and files as sparse pages that copies share.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar {

inline constexpr std::size_t kSimPageBytes = 4096;
inline constexpr std::size_t kSimSectorBytes = 512;

using SimFileId = uint64_t;  // of a file or folder, whatever its names
inline constexpr SimFileId kNoSimFile = 0;
inline constexpr SimFileId kSimRoot = 1;

// A name in a folder.
struct SimName {
  SimFileId folder = kNoSimFile;
  std::string name;

  friend bool operator==(const SimName&, const SimName&) = default;
};

// A disk at one moment. A clone costs a few pointers for each file: pages are copied when either
// side writes to them.
//
// Ownership: a value; pages are shared with clones.
// Threads:   one at a time; clones are independent.
// Invariant: [SIM-1] a page is written in place only if its stamp is this disk's, which no page
//            had when the disk was last cloned.
class SimDisk {
 public:
  SimDisk();
  SimDisk(SimDisk&&) = default;
  SimDisk& operator=(SimDisk&&) = default;
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  SimDisk clone();

  // --- Files and folders by id; the id must exist unless said otherwise --------------------------
  bool has(SimFileId id) const { return nodes_.contains(id); }
  bool is_folder(SimFileId id) const { return nodes_.at(id).is_folder; }
  void add(SimFileId id, bool is_folder);
  void erase(SimFileId id) { nodes_.erase(id); }
  SimFileId unused_id() const { return nodes_.rbegin()->first + 1; }

  uint64_t size(SimFileId id) const { return nodes_.at(id).size; }
  // The range must lie before the end.
  void read(SimFileId id, uint64_t offset, char* to, std::size_t bytes) const;
  // The same into memory that is zero already, which is left untouched where the file is.
  void read_into_zeros(SimFileId id, uint64_t offset, char* to, std::size_t bytes) const;
  std::string contents(SimFileId id) const;
  void write(SimFileId id, uint64_t offset, std::string_view bytes);
  void truncate(SimFileId id, uint64_t bytes);
  // Sets space aside and grows to at least `bytes`.
  void allocate(SimFileId id, uint64_t bytes);

  // --- Names
  // --------------------------------------------------------------------------------------
  // kNoSimFile if the name is free. The folder must exist.
  SimFileId lookup(const SimName& name) const;
  // Gives the name to `id`, or to nobody for kNoSimFile.
  void assign(const SimName& name, SimFileId id);
  const std::map<std::string, SimFileId>& entries(SimFileId folder) const {
    return nodes_.at(folder).entries;
  }
  bool has_name(SimFileId id) const;
  // Where `path` leads: its folder's id (kNoSimFile if there is none) and its last part, empty for
  // the root.
  SimName locate(std::string_view path) const;
  // What `path` names; kNoSimFile for nothing.
  SimFileId find(std::string_view path) const;
  // Forgets what no path leads to.
  void drop_unreachable();
  // A hash of everything that a program can see: paths, lengths and bytes. Two disks of one digest
  // are the same to whoever opens them.
  uint64_t digest() const;

  // --- Space
  // --------------------------------------------------------------------------------------
  uint64_t used_bytes() const;
  // Bytes by which used_bytes() would grow.
  uint64_t growth_of_write(SimFileId id, uint64_t offset, uint64_t bytes) const;
  uint64_t growth_of_allocate(SimFileId id, uint64_t bytes) const;

 private:
  struct Page {
    uint64_t stamp = 0;
    std::array<char, kSimPageBytes> bytes{};
  };
  struct PageTable {
    uint64_t stamp = 0;
    std::vector<std::shared_ptr<Page>> pages;  // null: zeros
  };
  struct Node {
    bool is_folder = false;
    uint64_t size = 0;
    uint64_t reserved_pages = 0;  // at the front, set aside by allocate()
    uint64_t extra_pages = 0;     // that hold data behind those
    std::shared_ptr<PageTable> table;
    std::map<std::string, SimFileId> entries;
  };

  std::vector<std::shared_ptr<Page>>* own_pages(Node* node);
  Page* own_page(Node* node, uint64_t index);
  static const Page* page_of(const Node& node, uint64_t index);
  void reach(SimFileId id, std::map<SimFileId, Node>* reached);
  void describe(SimFileId id, std::string* to) const;

  uint64_t stamp_;
  std::map<SimFileId, Node> nodes_;
};

}  // namespace ashlar
