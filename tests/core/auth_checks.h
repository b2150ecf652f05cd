// What must hold of challenges and of our answers to them whatever the server
// says; for the tests that damage challenges and for the fuzzer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/challenge.h"
#include "auth/digest.h"

namespace sipreg::auth {

struct Request {
  std::string_view username = "alice";
  std::string_view password = "secret";
  std::string_view method = "REGISTER";
  std::string_view uri = "sip:example.com";
  std::string_view body;
};

// Views point into the row, values are bounded.
void check_challenge(const Challenge& challenge, std::string_view row);

// One row that echoes the challenge byte for byte, in which nothing secret
// stands and whose response is right, with this nonce count.
void check_answer(const Challenge& challenge, const Request& request,
                  std::uint32_t nonce_count, const std::string& row);

// The rspauth that a server gives which knows the password, for the row that
// was sent last; "" where there is no qop and so no cnonce.
[[nodiscard]] std::string right_rspauth(const Challenge& challenge,
                                        const Request& request,
                                        const std::string& row,
                                        std::string_view response_body);

}  // namespace sipreg::auth
