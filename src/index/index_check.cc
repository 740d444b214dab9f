#include "index/index_check.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/epoch.h"
#include "base/key_prefix.h"
#include "base/try.h"
#include "index/index_upkeep.h"

namespace ashlar {
namespace {

constexpr uint64_t kEntriesBetweenQuestions = 1024;
// More would tell nothing new.
constexpr int kMaximumProblems = 100;

class IndexCheck {
 public:
  IndexCheck(Engine& engine, const Snapshot& snapshot, const ListedIndex& listed,
             const std::function<bool()>& go_on, const std::function<void(std::string)>& problem)
      : engine_(engine),
        snapshot_(snapshot),
        listed_(listed),
        index_(*listed.index),
        now_ms_(engine.now_ms()),
        go_on_(go_on),
        problem_(problem) {}

  Status run() {
    if (listed_.state == IndexState::kReady) ASHLAR_TRY(check_documents());
    return check_entries();
  }

 private:
  struct Stored {
    std::string value;
    uint64_t expires_at_ms = 0;
  };

  Result<std::optional<Stored>> find(std::string_view key) {
    const EpochGuard guard;
    FoundEntry found;
    const Status status = engine_.find(key, &snapshot_, &found, now_ms_);
    if (status.is(StatusCode::kNotFound)) return std::optional<Stored>();
    ASHLAR_TRY(status);
    return std::optional(Stored{std::string(found.value), found.expires_at_ms});
  }

  // Each document has its entries.
  Status check_documents() {
    const auto cursor = engine_.new_cursor(
        {.from = index_.stored_prefix(), .to = end_of_prefix(index_.stored_prefix())}, &snapshot_,
        now_ms_);
    for (; cursor->valid(); cursor->next()) {
      ASHLAR_TRY(count_one());
      const Entry entry = cursor->entry();
      if (!index_.covers(entry.key)) continue;
      ASHLAR_TRY(check_document(entry.key, entry.value, cursor->expires_at_ms()));
    }
    return cursor->status();
  }

  Status check_document(std::string_view key, std::string_view value, uint64_t expires_at_ms) {
    const auto document = parse_document(value);
    if (!document) return {};
    DocumentEntries expected;
    ASHLAR_TRY(index_.append_entries(key, *document, &expected));
    for (const DocumentEntries::Entry& entry : expected.entries) {
      ASHLAR_TRY_ASSIGN(const auto stored, find(entry.key));
      if (!stored) {
        report(key, entry.key, "has no entry");
      } else if (stored->value != entry.value) {
        report(key, entry.key, "has an entry that names something else");
      } else if (stored->expires_at_ms != expires_at_ms) {
        report(key, entry.key, "has an entry that expires at another time");
      }
    }
    for (const std::string& trait : expected.traits) {
      ASHLAR_TRY_ASSIGN(const auto stored, find(trait));
      if (!stored) report(key, {}, "shows a trait that is not noted");
    }
    return {};
  }

  // Each entry is one of its document's.
  Status check_entries() {
    const auto cursor = engine_.new_cursor(
        {.from = index_.entries_begin(), .to = index_.entries_end()}, &snapshot_, now_ms_);
    for (; cursor->valid(); cursor->next()) {
      ASHLAR_TRY(count_one());
      const Entry entry = cursor->entry();
      const auto split = split_entry(entry.key, entry.value);
      if (!split.ok()) {
        report({}, entry.key, split.status().message());
        continue;
      }
      ASHLAR_TRY_ASSIGN(const bool justified, is_justified(entry, split->key));
      if (!justified) report(split->key, entry.key, "has an entry that is not its own");
    }
    return cursor->status();
  }

  Result<bool> is_justified(const Entry& entry, std::string_view document_key) {
    if (!index_.covers(document_key)) return false;
    ASHLAR_TRY_ASSIGN(const auto stored, find(document_key));
    const auto document = stored ? parse_document(stored->value) : std::nullopt;
    if (!document) return false;
    DocumentEntries expected;
    ASHLAR_TRY(index_.append_entries(document_key, *document, &expected));
    return std::any_of(expected.entries.begin(), expected.entries.end(), [&](const auto& each) {
      return each.key == entry.key && each.value == entry.value;
    });
  }

  void report(std::string_view document_key, std::string_view entry_key, std::string_view what) {
    if (++problems_ > kMaximumProblems) return;
    std::string text = "index '" + index_.name() + "': ";
    if (!document_key.empty()) text.append("key '").append(user_key(document_key)).append("' ");
    text.append(what);
    if (entry_key.size() > kEntriesBeginBytes) {
      text.append(", at ").append(index_.describe_values(entry_key.substr(kEntriesBeginBytes)));
    }
    problem_(std::move(text));
  }

  Status count_one() {
    if (++entries_ % kEntriesBetweenQuestions != 0 || go_on_()) return {};
    return Status::aborted("verification was stopped");
  }

  Engine& engine_;
  const Snapshot& snapshot_;
  const ListedIndex& listed_;
  const Index& index_;
  const uint64_t now_ms_;
  const std::function<bool()>& go_on_;
  const std::function<void(std::string)>& problem_;
  uint64_t entries_ = 0;
  int problems_ = 0;
};

}  // namespace

namespace {

// Every entry belongs to an index that there is.
Status check_owners(Engine& engine, const Snapshot& snapshot,
                    const std::function<void(std::string)>& problem) {
  std::string from = entries_begin(0);
  const std::string end = end_of_prefix(from.substr(0, from.size() - sizeof(IndexId)));
  while (true) {
    const auto cursor =
        engine.new_cursor({.from = from, .to = end, .limit = 1}, &snapshot, engine.now_ms());
    ASHLAR_TRY(cursor->status());
    if (!cursor->valid()) return {};
    ASHLAR_TRY_ASSIGN(const IndexId id, id_of_entry_key(cursor->entry().key));
    {
      const EpochGuard guard;
      FoundEntry found;
      const Status status = engine.find(definition_key(id), &snapshot, &found);
      if (status.is(StatusCode::kNotFound)) {
        problem("there are entries of an index " + std::to_string(id) + ", but no such index");
      } else {
        ASHLAR_TRY(status);
      }
    }
    from = end_of_prefix(entries_begin(id));
  }
}

}  // namespace

Status check_indexes(Engine& engine, const IndexCatalogue& catalogue,
                     const std::function<bool()>& go_on,
                     const std::function<void(std::string)>& problem) {
  const Snapshot snapshot = engine.take_snapshot();
  ASHLAR_TRY(check_owners(engine, snapshot, problem));
  // After the snapshot: what was dropped in between is not looked at.
  const auto set = catalogue.shared_set();
  for (const ListedIndex& listed : set->indexes()) {
    if (listed.ready_at > snapshot.sequence()) continue;
    ASHLAR_TRY(IndexCheck(engine, snapshot, listed, go_on, problem).run());
  }
  return {};
}

}  // namespace ashlar
