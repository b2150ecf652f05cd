# libosip2 for the codec in core/src/message/osip2, and for the fuzz target that compares it with our own:
# OSIP2_INCLUDE_DIRS and OSIP2_LINK_LIBRARIES of the target platform.
if(EMSCRIPTEN)
  set(remedy "Build libosip2 for wasm32-emscripten and set PKG_CONFIG_PATH to the directory of its libosip2.pc")
else()
  set(remedy "Install it and pkg-config (Debian: libosip2-dev, pkg-config), or set PKG_CONFIG_PATH to the directory of its libosip2.pc")
endif()

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(OSIP2 QUIET libosip2>=5.3)
endif()
if(NOT OSIP2_FOUND)
  message(FATAL_ERROR "SIPREG_CODEC=osip2 and SIPREG_FUZZ need libosip2 5.3 or later. ${remedy}; or leave SIPREG_CODEC at \"own\" and SIPREG_FUZZ off.")
endif()
