// Columns of text beside each other.
#include <algorithm>
#include <numeric>

#include "tools/row_printer.h"

namespace ashlar::tools {

namespace {

constexpr std::size_t kGap = 2;        // blanks between columns
constexpr std::size_t kNarrowest = 4;  // to which a column is cut

bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

// The text in exactly `width` columns.
std::string fitted(std::string_view text, std::size_t width, bool right) {
  const std::size_t actual = width_of(text);
  if (actual <= width) {
    const std::string blanks(width - actual, ' ');
    return right ? blanks + std::string(text) : std::string(text) + blanks;
  }
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (begins_character(text[end]) && ++seen == width) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

// Makes the widest column narrower until the line fits, or no column can be cut any more.
void cut_to(std::vector<std::size_t>* widths, std::size_t columns) {
  const auto total = [&] {
    return std::accumulate(widths->begin(), widths->end(), kGap * (widths->size() - 1));
  };
  for (std::size_t now = total(); now > columns; --now) {
    auto widest = std::ranges::max_element(*widths);
    if (*widest <= kNarrowest) return;
    --*widest;
  }
}

std::string table_line(const std::vector<std::string>& cells,
                       const std::vector<std::size_t>& widths, const std::vector<bool>& right) {
  std::string line;
  for (std::size_t number = 0; number < cells.size(); ++number) {
    if (number > 0) line.append(kGap, ' ');
    line += fitted(cells[number], widths[number], right[number]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string render_table(const std::vector<std::string>& head,
                         const std::vector<std::vector<std::string>>& rows,
                         const std::vector<bool>& right, std::size_t columns) {
  if (head.empty()) return {};
  std::vector<std::size_t> widths;
  for (const std::string& title : head) widths.push_back(width_of(title));
  for (const auto& row : rows) {
    for (std::size_t number = 0; number < row.size(); ++number) {
      widths[number] = std::max(widths[number], width_of(row[number]));
    }
  }
  if (columns > 0) cut_to(&widths, columns);
  std::string text = table_line(head, widths, right);
  for (const auto& row : rows) text += table_line(row, widths, right);
  return text;
}

}  // namespace ashlar::tools
