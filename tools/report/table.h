// A text table for stdout: columns as wide as their widest cell, numbers to the right.
//
//   TextTable table({{"player", Align::kLeft}, {"Elo", Align::kRight}});
//   table.AddRow({"random", "0"});
//   std::cout << table.ToText();
#pragma once

#include <string>
#include <vector>

namespace tandem {

enum class Align { kLeft, kRight };

class TextTable {
 public:
  struct Column {
    std::string title;
    Align align = Align::kRight;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as columns.
  void AddRow(std::vector<std::string> cells);
  std::string ToText() const;
  std::string ToHtml() const;  // <table>, cells escaped

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Text safe inside HTML and SVG.
std::string HtmlEscape(const std::string& text);

}  // namespace tandem
