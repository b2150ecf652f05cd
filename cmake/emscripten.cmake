# Toolchain file: hands over to the one that belongs to the emcc in use, wherever that is installed.
find_program(SIPREG_EMCC emcc NO_CMAKE_FIND_ROOT_PATH)
find_program(SIPREG_EMXX em++ NO_CMAKE_FIND_ROOT_PATH)
find_program(SIPREG_EM_CONFIG em-config NO_CMAKE_FIND_ROOT_PATH)
if(NOT SIPREG_EMCC OR NOT SIPREG_EMXX OR NOT SIPREG_EM_CONFIG)
  message(FATAL_ERROR "emcc, em++ and em-config are not on PATH. `npm run setup` installs them on Debian and Ubuntu.")
endif()
execute_process(
  COMMAND ${SIPREG_EM_CONFIG} EMSCRIPTEN_ROOT
  OUTPUT_VARIABLE EMSCRIPTEN_ROOT_PATH OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)

set(CMAKE_C_COMPILER ${SIPREG_EMCC})
set(CMAKE_CXX_COMPILER ${SIPREG_EMXX})
include(${EMSCRIPTEN_ROOT_PATH}/cmake/Modules/Platform/Emscripten.cmake)
