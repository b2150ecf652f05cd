// Runs the Markdown cases of tests/conformance; its README.md has the format.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "message/describe.h"

namespace {

struct Case {
  std::string file;
  std::string heading;
  std::string why;
  std::string input;
  std::string expected;
};

// What gtest prints of a parameter.
void PrintTo(const Case& value, std::ostream* out) {
  *out << value.file << ": " << value.heading;
}

int hex_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0
             ? c - '0'
             : std::tolower(static_cast<unsigned char>(c)) - 'a' + 10;
}

bool is_hex(const std::string& line, std::size_t at) {
  return at < line.size() &&
         std::isxdigit(static_cast<unsigned char>(line[at])) != 0;
}

// One line of a `sip` block as it goes over the wire.
std::string decode_line(const std::string& line) {
  std::string wire;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      wire += line[i];
    } else if (i + 1 == line.size()) {
      return wire;
    } else if (line[i + 1] == 'r' || line[i + 1] == 'n') {
      wire += line[++i] == 'r' ? '\r' : '\n';
    } else if (line[i + 1] == 'x' && is_hex(line, i + 2) &&
               is_hex(line, i + 3)) {
      wire += static_cast<char>(hex_digit(line[i + 2]) * 16 +
                                hex_digit(line[i + 3]));
      i += 3;
    } else {
      wire += '\\';
    }
  }
  return wire + "\r\n";
}

std::vector<Case> read_file(const std::filesystem::path& path) {
  std::vector<Case> cases;
  enum class Block { none, sip, expect } block = Block::none;
  std::ifstream stream(path, std::ios::binary);
  for (std::string line; std::getline(stream, line);) {
    if (block == Block::none && line.rfind("## ", 0) == 0) {
      cases.push_back({path.stem().string(), line.substr(3), "", "", ""});
    } else if (cases.empty()) {
      continue;  // the file's own introduction
    } else if (block == Block::none && line == "```sip") {
      block = Block::sip;
    } else if (block == Block::none && line == "```expect") {
      block = Block::expect;
    } else if (block != Block::none && line == "```") {
      block = Block::none;
    } else if (block == Block::sip) {
      cases.back().input += decode_line(line);
    } else if (block == Block::expect) {
      cases.back().expected += line + "\n";
    } else {
      cases.back().why += line;
    }
  }
  return cases;
}

std::vector<Case> read_cases() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(SIPREG_CONFORMANCE_DIR)) {
    if (entry.path().extension() == ".md" &&
        entry.path().filename() != "README.md") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Case> cases;
  for (const auto& file : files) {
    for (Case& each : read_file(file)) cases.push_back(std::move(each));
  }
  return cases;
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.file + "_" + info.param.heading;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

class Conformance : public testing::TestWithParam<Case> {};

TEST_P(Conformance, Case) {
  const Case& each = GetParam();
  ASSERT_FALSE(each.why.empty()) << "the case does not say why";
  ASSERT_FALSE(each.expected.empty()) << "the case expects nothing";
  // An exact copy on the heap, so that a sanitizer sees any over-read.
  std::vector<char> frame(each.input.begin(), each.input.end());
  sipreg::Text outcome;
  sipreg::message::describe(frame, outcome);
  EXPECT_EQ(outcome, each.expected);
}

INSTANTIATE_TEST_SUITE_P(Markdown, Conformance, testing::ValuesIn(read_cases()),
                         test_name);

}  // namespace
