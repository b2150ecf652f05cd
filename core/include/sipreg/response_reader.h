// Reads a response again whose bytes the host kept.
#pragma once

#include <memory>
#include <span>

#include "sipreg/output.h"

namespace sipreg {

// A Success lists headers and bindings for as long as its frame is in hand. A
// host that rarely looks at them keeps the frame's bytes and asks here when it
// does. Belongs to no agent.
class ResponseReader {
 public:
  ResponseReader();
  ~ResponseReader();
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;

  // False when the frame holds no response. It may be rewritten, as by
  // Agent::receive(); what is read points into it.
  [[nodiscard]] bool read(std::span<char> frame);

  [[nodiscard]] const Response& response() const;
  // In the response's order. Whose they are is not known here: `own` means
  // nothing, Success::own_bindings told.
  [[nodiscard]] std::span<const Binding> bindings() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sipreg
