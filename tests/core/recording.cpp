#include "recording.h"

#include <gtest/gtest.h>

#include <fstream>

#include "simulation.h"

namespace sipreg::testing {
namespace {

std::string between(const std::string& text, const std::string& before,
                    std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == text.npos) return {};
  const std::size_t from = begin + before.size();
  return text.substr(from, text.find_first_of(after, from) - from);
}

Values values_of(std::string_view request) {
  Values values;
  for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
    values[name] = header(request, name);
  }
  const std::string contact = header(request, "Contact");
  values["uri"] = between(contact, "<", ">");
  values["user"] = between(values["uri"], ":", "@");
  values["instance-urn"] = between(contact, "+sip.instance=\"<", ">");
  values["instance"] = "\"<" + values["instance-urn"] + ">\"";
  values["from-tag"] = parameter(values["From"], "tag");
  return values;
}

}  // namespace

Recording::Recording(const std::string& server) {
  std::ifstream stream(std::string(SIPREG_SERVERS_DIR) + "/" + server + ".md",
                       std::ios::binary);
  EXPECT_TRUE(stream.is_open()) << server;
  std::string heading;
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (!inside && line.starts_with("## ")) {
      heading = line.substr(3);
    } else if (!inside && line == "```sip") {
      inside = true;
      EXPECT_FALSE(messages_.contains(heading)) << heading << " twice";
      messages_[heading] = "";
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      messages_[heading] += line + "\r\n";
    }
  }
}

std::string Recording::answer(const std::string& heading,
                              std::string_view request, Values values) const {
  const auto found = messages_.find(heading);
  if (found == messages_.end()) {
    ADD_FAILURE() << "no answer " << heading;
    return {};
  }
  values.merge(values_of(request));
  std::string out;
  std::size_t at = 0;
  const std::string& text = found->second;
  for (std::size_t open; (open = text.find('{', at)) != text.npos;) {
    const std::size_t close = text.find('}', open);
    const auto value = values.find(text.substr(open + 1, close - open - 1));
    if (value == values.end()) {
      ADD_FAILURE() << text.substr(open, close + 1 - open) << " in " << heading;
      return {};
    }
    out += text.substr(at, open - at) + value->second;
    at = close + 1;
  }
  return out + text.substr(at);
}

}  // namespace sipreg::testing
