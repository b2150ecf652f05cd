#include "message/writer.h"

namespace sipreg::message {
namespace {

void copy_row(Writer& writer, const Message& request, HeaderName id,
              std::string_view name) {
  const Header* row = request.find(id);
  if (row != nullptr) writer.header(name, row->value);
}

}  // namespace

Writer& Writer::text(std::string_view value) {
  out_.append(value);
  return *this;
}

Writer& Writer::number(std::uint64_t value) {
  char digits[20];
  char* const end = digits + sizeof digits;
  char* first = end;
  do {
    *--first = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return text({first, static_cast<std::size_t>(end - first)});
}

Writer& Writer::quoted(std::string_view plain) {
  out_ += '"';
  for (const char c : plain) {
    if (c == '"' || c == '\\') out_ += '\\';
    out_ += c;
  }
  out_ += '"';
  return *this;
}

Writer& Writer::header(std::string_view name, std::string_view value) {
  return text(name).text(": ").text(value).end_of_row();
}

Writer& Writer::end_of_row() { return text("\r\n"); }

void write_copied_rows(const Message& request, std::string_view to_tag,
                       Text& out) {
  Writer writer(out);
  for (const Header& row : request.headers()) {
    if (row.id == HeaderName::via) writer.header("Via", row.value);
  }
  copy_row(writer, request, HeaderName::from, "From");
  if (const Header* to = request.find(HeaderName::to); to != nullptr) {
    writer.text("To: ").text(to->value);
    if (request.to_tag.empty()) writer.text(";tag=").text(to_tag);
    writer.end_of_row();
  }
  copy_row(writer, request, HeaderName::call_id, "Call-ID");
  copy_row(writer, request, HeaderName::cseq, "CSeq");
}

void write_response(int status, std::string_view reason,
                    std::initializer_list<std::string_view> rows,
                    std::string_view body, Text& out) {
  Writer writer(out);
  writer.text("SIP/2.0 ").number(static_cast<std::uint64_t>(status));
  writer.text(" ").text(reason).end_of_row();
  for (const std::string_view each : rows) writer.text(each);
  writer.text("Content-Length: ").number(body.size());
  writer.end_of_row().end_of_row().text(body);
}

}  // namespace sipreg::message
