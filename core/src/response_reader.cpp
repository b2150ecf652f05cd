#include "sipreg/response_reader.h"

#include "message/codec.h"
#include "registration/result.h"

namespace sipreg {

struct ResponseReader::Implementation {
  message::Message message;
  registration::ResultBuilder results;
  Success nothing;
  const Success* success = &nothing;
};

ResponseReader::ResponseReader()
    : implementation_(std::make_unique<Implementation>()) {}
ResponseReader::~ResponseReader() = default;

bool ResponseReader::read(std::span<char> frame) {
  Implementation& self = *implementation_;
  self.message.row_count_ = 0;
  const bool readable =
      message::parse(frame, self.message) == message::ParseError::none &&
      !self.message.is_request;
  if (!readable) self.message.row_count_ = 0;
  registration::OwnBinding nobody;
  self.success = &self.results.success(self.message, {}, nobody);
  return readable;
}

const Response& ResponseReader::response() const {
  return implementation_->success->response;
}

std::span<const Binding> ResponseReader::bindings() const {
  return implementation_->success->bindings;
}

}  // namespace sipreg
