#include "message/codec.h"

namespace sipreg::message {

const Header* Message::find(HeaderName id) const {
  for (const Header& row : headers()) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

}  // namespace sipreg::message
