// What goes wrong with the messages: faults 56 to 72 of tests/faults.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fault_case.h"
#include "message/codec.h"

namespace sipreg::testing {
namespace {

std::string replaced(std::string text, std::string_view what,
                     std::string_view by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), by);
}

// A register() whose answer is `wrong` first: dropped, and then the right one
// counts.
void expect_dropped(std::string (*spoil)(const std::string& granted)) {
  FaultCase it;
  const RegistrationId id = it.create();
  const OperationId operation = it.call(id);
  const std::string granted = accept(it.request());
  it.answer(spoil(granted));
  EXPECT_EQ(it.dropped(), 1u);
  EXPECT_EQ(it.world.outcome(operation), nullptr);
  it.answer(granted);
  EXPECT_TRUE(it.is_done(operation));
}

// The same for one that must be read.
void expect_read(std::string (*change)(const std::string& granted)) {
  FaultCase it;
  const OperationId operation = it.call(it.create());
  it.answer(change(accept(it.request())));
  EXPECT_EQ(it.dropped(), 0u);
  EXPECT_TRUE(it.is_done(operation));
}

TEST(FrameFaults, fault_56_another_call_id) {
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "Call-ID: ", "Call-ID: x");
  });
}

TEST(FrameFaults, fault_57_another_cseq_number) {
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "CSeq: 1 ", "CSeq: 2 ");
  });
}

TEST(FrameFaults, fault_58_another_cseq_method) {
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "CSeq: 1 REGISTER", "CSeq: 1 INVITE");
  });
}

TEST(FrameFaults, fault_59_another_from_tag) {
  expect_dropped([](const std::string& granted) {
    return replaced(granted, ";tag=", ";tag=x");
  });
}

TEST(FrameFaults, fault_60_two_vias) {
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "From: ",
                    "Via: SIP/2.0/WSS b.invalid;branch=z9hG4bKx\r\nFrom: ");
  });
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "From: ", "v: SIP/2.0/WSS b.invalid\r\nFrom: ");
  });
}

TEST(FrameFaults, fault_61_another_branch_other_letters_or_none) {
  expect_dropped([](const std::string& granted) {
    return replaced(granted, ";branch=z9hG4bK", ";branch=z9hG4bKx");
  });
  expect_dropped([](const std::string& granted) {
    return replaced(granted, ";branch=z9hG4bK", ";branch=Z9HG4BK");
  });
  expect_dropped([](const std::string& granted) {
    return replaced(granted, ";branch=", ";x=");
  });
}

TEST(FrameFaults, fault_62_of_two_answers_the_first_counts) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  const std::string request = it.request();
  const std::string granted = accept(request);
  it.answer(granted);
  it.answer(granted);
  it.answer(respond(request, 403));
  EXPECT_EQ(it.state(id), RegistrationState::registered);
  EXPECT_EQ(it.dropped(), 2u);
  EXPECT_EQ(it.world.count(OutputKind::registered), 1u);
}

TEST(FrameFaults, fault_63_a_status_that_is_none) {
  for (const std::string_view status :
       {"700", "099", "4294967301", "2 00", "20", "-200", "2000"}) {
    SCOPED_TRACE(status);
    FaultCase it;
    const RegistrationId id = it.create();
    it.call(id);
    const std::string granted = accept(it.request());
    it.answer(replaced(granted, "200", status));
    EXPECT_EQ(it.dropped(), 1u);
    EXPECT_EQ(it.state(id), RegistrationState::registering);
    it.answer(granted);
  }
}

TEST(FrameFaults, fault_64_another_version_is_dropped) {
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "SIP/2.0 200", "SIP/7.0 200");
  });
}

TEST(FrameFaults, fault_64_the_version_has_no_case) {
  expect_read([](const std::string& granted) {
    return replaced(granted, "SIP/2.0 200", "sip/2.0 200");
  });
}

TEST(FrameFaults, fault_65_a_content_length_beyond_the_frame_or_contradictory) {
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "Content-Length: 0", "Content-Length: 9");
  });
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "Content-Length: 0", "Content-Length: -1");
  });
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "Content-Length: 0", "Content-Length: 0\r\nl: 4") +
           "body";
  });
}

TEST(FrameFaults, fault_65_what_is_more_than_the_length_is_cut) {
  expect_read([](const std::string& granted) { return granted + "surplus"; });
}

TEST(FrameFaults, fault_66_folds_compact_names_and_blanks_are_read) {
  expect_read([](const std::string& granted) {
    return replaced(granted, ";expires=", "\r\n ;expires=");
  });
  expect_read([](const std::string& granted) {
    std::string text = replaced(granted, "Contact:", "m:");
    text = replaced(text, "Call-ID:", "i:");
    text = replaced(text, "From:", "f:");
    text = replaced(text, "To:", "t:");
    text = replaced(text, "Via:", "v:");
    return replaced(text, "Content-Length:", "l:");
  });
  expect_read([](const std::string& granted) {
    std::string text = replaced(granted, "Contact:", "cOnTaCt \t:");
    return replaced(text, "CSeq:", "cseq :");
  });
}

TEST(FrameFaults, fault_66_a_control_character_before_the_colon) {
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "CSeq:", std::string("CSeq\0:", 6));
  });
  expect_dropped([](const std::string& granted) {
    return replaced(granted, "CSeq:", "CSeq\v:");
  });
}

TEST(FrameFaults, fault_67_a_reason_is_text_whatever_it_is) {
  for (const std::string& reason :
       {std::string(), std::string("Erfolg \xc3\xbc"),
        std::string("<script>alert(1)</script>"), std::string(60'000, 'r')}) {
    FaultCase it;
    const OperationId operation = it.call(it.create());
    it.answer(replaced(respond(it.request(), 403), "Reason", reason));
    EXPECT_EQ(it.code(operation), FailureCode::rejected);
    EXPECT_EQ(it.outcome(operation).status, 403);
  }
  FaultCase it;
  it.call(it.create());
  const std::string request = it.request();
  it.answer(replaced(accept(request), "Reason", std::string(65'536, 'r')));
  EXPECT_EQ(it.dropped(), 1u);
}

// Its Via branch, Call-ID, CSeq and From are those of the request, so that the
// rest of it is looked at.
std::string transplanted(std::string text, const std::string& request) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    end = end == text.npos ? text.size() : end + 1;
    std::string row = text.substr(at, end - at);
    for (const std::string_view name : {"Via", "Call-ID", "CSeq", "From"}) {
      std::string head = row.substr(0, name.size());
      if (head == name && row.find(':') != row.npos) {
        row = std::string(name) + ": " + header(request, name) + "\r\n";
      }
    }
    out += row;
    at = end;
  }
  return out;
}

// The blocks of the conformance cases, which damaged messages abound in.
std::vector<std::string> corpus() {
  std::vector<std::string> messages;
  for (const auto& file :
       std::filesystem::directory_iterator(SIPREG_CONFORMANCE_DIR)) {
    std::ifstream in(file.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t at = 0; (at = text.find("```", at)) != text.npos;) {
      const std::size_t begin = text.find('\n', at) + 1;
      const std::size_t end = text.find("```", begin);
      if (end == text.npos) break;
      std::string message;
      for (const char c : text.substr(begin, end - begin)) {
        if (c == '\n') message += '\r';
        message += c;
      }
      messages.push_back(message + "\r\n");
      at = end + 3;
    }
  }
  return messages;
}

TEST(FrameFaults, fault_68_each_of_a_corpus_of_damaged_messages_as_the_answer) {
  const std::vector<std::string> messages = corpus();
  ASSERT_GT(messages.size(), 200u);
  for (const std::string& message : messages) {
    SCOPED_TRACE(message);
    FaultCase it;
    it.world.secrets.clear();  // the corpus has that word
    const RegistrationId id = it.create();
    it.call(id);
    const std::string request = it.request();
    it.answer(transplanted(message, request));
    it.answer(accept(request));
    EXPECT_NE(it.state(id), RegistrationState::unregistered);
    ASSERT_FALSE(HasFailure());
  }
}

// What a damaged answer leads to ends, and the registration goes on.
void answer_damaged(std::string (*right)(const std::string& request),
                    std::string (*damage)(std::string, std::size_t at,
                                          int variant),
                    int variants) {
  std::size_t size = 1;
  for (std::size_t at = 0; at < size; ++at) {
    for (int variant = 0; variant < variants; ++variant) {
      SCOPED_TRACE(at);
      Simulation world;
      ClientOptions client;
      Watch watch(world, client);
      const RegistrationId id = world.create();
      watch.created(id, 1);
      watch.called(id, world.call(id, CallKind::register_));
      const auto request = watch.take();
      ASSERT_TRUE(request);
      const std::string answer = right(request->text);
      size = answer.size();
      watch.receive(damage(answer, at, variant), request->flow);
      watch.settle();
      watch.close();
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
}

std::string flipped(std::string text, std::size_t at, int bit) {
  text[at] = static_cast<char>(text[at] ^ (1 << bit));
  return text;
}

std::string cut(std::string text, std::size_t at, int) {
  return text.substr(0, at);
}

std::string challenged(const std::string& request) {
  return digest_challenge(request, "n1", ", algorithm=SHA-256");
}

std::string granted(const std::string& request) { return accept(request, 60); }

TEST(FrameFaults, fault_69_each_bit_of_a_challenge_flipped) {
  answer_damaged(challenged, flipped, 8);
}

TEST(FrameFaults, fault_69_each_bit_of_a_grant_flipped) {
  answer_damaged(granted, flipped, 8);
}

TEST(FrameFaults, fault_69_a_challenge_and_a_grant_cut_anywhere) {
  answer_damaged(challenged, cut, 1);
  answer_damaged(granted, cut, 1);
}

TEST(FrameFaults, fault_70_requests_are_answered_and_never_with_credentials) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  it.challenge("n1");
  it.grant();
  for (const std::string_view method :
       {"OPTIONS", "NOTIFY", "INVITE", "MESSAGE", "REGISTER", "X"}) {
    const std::string name(method);
    it.answer(name +
              " sip:alice@a.invalid SIP/2.0\r\n"
              "Via: SIP/2.0/WSS p.example;branch=z9hG4bK" +
              name +
              "\r\nFrom: <sip:x@example.com>;tag=1\r\n"
              "To: <sip:alice@example.com>\r\nCall-ID: c" +
              name + "\r\nCSeq: 1 " + name +
              "\r\nWWW-Authenticate: Digest realm=\"example.com\", "
              "nonce=\"n9\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n");
    const std::string reply = it.world.all_frames.back();
    EXPECT_TRUE(reply.starts_with("SIP/2.0 ")) << name << '\n' << reply;
    EXPECT_EQ(reply.find("Authorization"), reply.npos);
    EXPECT_EQ(reply.find("secret"), reply.npos);
  }
  EXPECT_EQ(it.registers(), 2u);
}

TEST(FrameFaults, fault_72_another_to_tag_and_a_thousand_routes_each_time) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  for (int n = 0; n < 200; ++n) {
    const std::string request = it.request();
    std::string answer = accept(request);
    std::string routes = "Service-Route: <sip:p0;lr>";
    for (int route = 1; route < 1'000; ++route) {
      routes += ", <sip:p" + std::to_string(route) + ";lr>";
    }
    answer = replaced(answer, ";tag=server", ";tag=server" + std::to_string(n));
    answer = replaced(answer, "Content-Length", routes + "\r\nContent-Length");
    it.answer(answer);
    ASSERT_EQ(it.state(id), RegistrationState::registered);
    EXPECT_LE(it.world.outputs.back().service_route.size(), 1'000u);
    it.call(id, CallKind::refresh);
  }
  it.grant();
}

}  // namespace
}  // namespace sipreg::testing
