// Reads a response again whose bytes the host kept (Success::text).
#pragma once

#include <memory>
#include <span>

#include "sipreg/output.h"

namespace sipreg {

// A Success lists headers and bindings for as long as its output lives. A host
// that looks at them rarely, or later, keeps a copy of Success::text and asks
// here when it does. Belongs to no agent; not thread-safe.
class ResponseReader {
 public:
  ResponseReader();
  ~ResponseReader();
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;

  // False when the bytes hold no response; then there is nothing below. They
  // may be rewritten, as by Agent::receive(), and must stay as long as what is
  // read of them: everything points into them. The next read() replaces it.
  [[nodiscard]] bool read(std::span<char> frame);

  [[nodiscard]] const Response& response() const;
  // The Contacts that can be read, in the response's order. Whose they are is
  // not known here: `own` means nothing, Success::own_bindings told.
  [[nodiscard]] std::span<const Binding> bindings() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sipreg
