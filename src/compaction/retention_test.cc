#include "compaction/retention.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/limits.h"

namespace ashlar {
namespace {

// Tables are read as: key@sequence, then "-" for a tombstone or "!ms" for an expiry.
struct Case {
  const char* snapshots;
  const char* tombstones;  // "a..c@7", "a..@7" without end
  bool bottom;
  const char* versions;
  const char* kept;
};

constexpr uint64_t kNow = 100;

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

RangeTombstone parse_tombstone(const std::string& word) {
  const std::size_t dots = word.find("..");
  const std::size_t at = word.find('@');
  return {word.substr(0, dots), word.substr(dots + 2, at - dots - 2),
          std::stoull(word.substr(at + 1))};
}

RangeTombstones parse_tombstones(const std::string& text) {
  std::vector<RangeTombstone> all;
  for (const std::string& word : words(text)) all.push_back(parse_tombstone(word));
  return RangeTombstones(std::move(all));
}

std::vector<SequenceNumber> parse_numbers(const std::string& text) {
  std::vector<SequenceNumber> all;
  for (const std::string& word : words(text)) all.push_back(std::stoull(word));
  return all;
}

std::string to_text(const EntryView& entry) {
  std::string text = std::string(entry.key) + "@" + std::to_string(entry.sequence);
  if (entry.kind == EntryKind::kDelete) text += "-";
  if (entry.expires_at_ms != 0) text += "!" + std::to_string(entry.expires_at_ms);
  return text;
}

std::string kept_of(const Case& c) {
  const RangeTombstones tombstones = parse_tombstones(c.tombstones);
  Retention retention(parse_numbers(c.snapshots), kNow, tombstones);
  std::string kept;
  for (const std::string& word : words(c.versions)) {
    const std::size_t at = word.find('@');
    const std::size_t bang = word.find('!');
    EntryView entry;
    entry.key = std::string_view(word).substr(0, at);
    entry.sequence = std::stoull(word.substr(at + 1));
    entry.kind = word.back() == '-' ? EntryKind::kDelete : EntryKind::kSet;
    entry.expires_at_ms = bang == std::string::npos ? 0 : std::stoull(word.substr(bang + 1));
    if (retention.keep(&entry, c.bottom)) kept += (kept.empty() ? "" : " ") + to_text(entry);
  }
  return kept;
}

void expect_kept(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(kept_of(c), c.kept) << "snapshots [" << c.snapshots << "] tombstones ["
                                  << c.tombstones << "] bottom " << c.bottom << ": " << c.versions;
  }
}

TEST(Retention, KeepsTheNewestVersionOfEachStripe) {  // [KEEP-1]
  expect_kept({
      {"", "", false, "k@9 k@8 k@1", "k@9"},
      {"8", "", false, "k@9 k@8 k@1", "k@9 k@8"},
      {"7", "", false, "k@9 k@8 k@1", "k@9 k@1"},
      {"1 8", "", false, "k@9 k@8 k@7 k@2 k@1", "k@9 k@8 k@1"},
      {"3 5", "", false, "k@9 k@3 k@2", "k@9 k@3"},
      {"20", "", false, "k@9 k@8", "k@9"},
      {"", "", false, "a@2 a@1 b@4 b@3", "a@2 b@4"},
      {"", "", false, "a@2 aa@1 ab@4 ab@3", "a@2 aa@1 ab@4"},
  });
}

TEST(Retention, TombstonesStayUntilNothingOlderCanExist) {  // [KEEP-2]
  expect_kept({
      {"", "", false, "k@9- k@8", "k@9-"},
      {"", "", true, "k@9- k@8", ""},
      {"8", "", true, "k@9- k@8", "k@9- k@0"},
      {"9", "", true, "k@9- k@8", ""},
      {"3", "", true, "k@9- k@2-", "k@9-"},
      {"3", "", true, "k@9- k@2- k@1", "k@9-"},
      {"3", "", false, "k@9- k@2- k@1", "k@9- k@2-"},
  });
}

TEST(Retention, AnExpiredEntryIsATombstone) {  // [KEEP-2]
  expect_kept({
      {"", "", false, "k@9!100 k@8", "k@9-"},
      {"", "", false, "k@9!101 k@8", "k@9!101"},
      {"", "", true, "k@9!100 k@8", ""},
      {"", "", true, "k@9!101 k@8", "k@0!101"},
      {"8", "", true, "k@9!50 k@8", "k@9- k@0"},
      {"8", "", true, "k@9 k@8!50", "k@9"},
  });
}

TEST(Retention, AtTheBottomWhatEverybodySeesHasSequenceZero) {
  expect_kept({
      {"", "", true, "a@9 b@3", "a@0 b@0"},
      {"5", "", true, "a@9 a@5 b@3", "a@9 a@0 b@0"},
      {"5", "", true, "a@6", "a@6"},
      {"5", "", false, "a@3", "a@3"},
  });
}

TEST(Retention, ARangeTombstoneDropsWhatItsOwnStripeHides) {  // [KEEP-1]
  expect_kept({
      {"", "a..m@5", false, "k@4 z@4", "z@4"},
      {"", "a..m@5", false, "k@5", "k@5"},         // of the same commit: newer
      {"", "a..k@5", false, "k@4", "k@4"},         // the end is not in the range
      {"", "k..@5", false, "j@4 k@4 z@4", "j@4"},  // no end
      {"4", "a..m@5", false, "k@4 k@3", "k@4"},    // the snapshot still sees it
      {"3", "a..m@5", false, "k@4 k@3", "k@3"},    // nobody sees 4
      {"", "a..m@5", false, "k@6 k@4", "k@6"},
      {"", "a..m@5", true, "k@4- z@4-", ""},
      {"5", "a..m@5", true, "k@4 k@3", ""},
      {"3 8", "a..m@5 a..m@10", false, "k@9 k@7 k@4 k@2", "k@7 k@2"},
  });
}

// --- Range tombstones themselves ---------------------------------------------------------------

std::string tombstones_kept(const char* snapshots, const char* tombstones, const char* from,
                            const char* to, bool bottom) {
  const RangeTombstones all = parse_tombstones(tombstones);
  const Retention retention(parse_numbers(snapshots), kNow, all);
  std::string text;
  for (const RangeTombstone& kept : retention.tombstones_within(from, to, bottom)) {
    text += (text.empty() ? "" : " ") + kept.from + ".." + kept.to + "@" +
            std::to_string(kept.sequence);
  }
  return text;
}

TEST(Retention, RangeTombstonesAreClippedToWhereTheyGo) {
  EXPECT_EQ(tombstones_kept("", "a..m@5", "", "", false), "a..m@5");
  EXPECT_EQ(tombstones_kept("", "a..m@5", "c", "e", false), "c..e@5");
  EXPECT_EQ(tombstones_kept("", "a..m@5", "c", "z", false), "c..m@5");
  EXPECT_EQ(tombstones_kept("", "a..@5", "c", "e", false), "c..e@5");
  EXPECT_EQ(tombstones_kept("", "a..@5", "c", "", false), "c..@5");
  EXPECT_EQ(tombstones_kept("", "a..m@5", "m", "", false), "");
  EXPECT_EQ(tombstones_kept("", "c..m@5", "", "c", false), "");
}

TEST(Retention, OfRangeTombstonesTheNewestOfEachStripeIsKept) {  // [KEEP-1]
  EXPECT_EQ(tombstones_kept("", "a..m@5 a..m@7", "", "", false), "a..m@7");
  EXPECT_EQ(tombstones_kept("5", "a..m@5 a..m@7", "", "", false), "a..m@7 a..m@5");
  EXPECT_EQ(tombstones_kept("", "a..m@5 g..z@7", "", "", false), "a..g@5 g..m@7 m..z@7");
}

TEST(Retention, AtTheBottomRangeTombstonesOlderThanAllSnapshotsGo) {  // [KEEP-2]
  EXPECT_EQ(tombstones_kept("", "a..m@5", "", "", true), "");
  EXPECT_EQ(tombstones_kept("5", "a..m@5", "", "", true), "");
  EXPECT_EQ(tombstones_kept("4", "a..m@5", "", "", true), "a..m@5");
  EXPECT_EQ(tombstones_kept("6", "a..m@5 a..m@7", "", "", true), "a..m@7");
}

}  // namespace
}  // namespace ashlar
