// The JavaScript of Embind that one class of numbers needs: what bind.h of Emscripten before 3.1.7 calls, and no more. The
// library's own has overloads, inheritance, smart pointers, strings and names for errors that nothing here can cause.
mergeInto(LibraryManager.library, {
  $constructors: '={}',
  $prototypes: '={}',
  $unsignedTypes: '=new Set()',

  $readName: function (at) {
    var name = '';
    while (HEAPU8[at]) name += String.fromCharCode(HEAPU8[at++]);
    return name;
  },

  _embind_register_void: function () {},
  _embind_register_float: function () {},
  _embind_register_integer__deps: ['$unsignedTypes'],
  _embind_register_integer: function (type) {
    unsignedTypes.add(type);
  },

  _embind_register_class__deps: ['$constructors', '$prototypes', '$readName'],
  _embind_register_class: function (
    type,
    pointerType,
    constPointerType,
    baseType,
    actualTypeSignature,
    getActualType,
    upcastSignature,
    upcast,
    downcastSignature,
    downcast,
    name,
    destructorSignature,
    destructor,
  ) {
    var destroy = wasmTable.get(destructor);
    function Class() {
      this.pointer = constructors[type]();
    }
    prototypes[type] = Class.prototype;
    Class.prototype['delete'] = function () {
      destroy(this.pointer);
      Object.setPrototypeOf(this, null); // whoever calls it now gets a TypeError
    };
    Module[readName(name)] = Class;
  },

  _embind_register_class_constructor__deps: ['$constructors'],
  _embind_register_class_constructor: function (
    type,
    count,
    types,
    invokerSignature,
    invoker,
    constructor,
  ) {
    var construct = wasmTable.get(invoker);
    constructors[type] = function () {
      return construct(constructor);
    };
  },

  _embind_register_class_function__deps: ['$prototypes', '$readName', '$unsignedTypes'],
  _embind_register_class_function: function (
    type,
    name,
    count,
    types,
    invokerSignature,
    invoker,
    method,
  ) {
    var invoke = wasmTable.get(invoker);
    var isUnsigned = unsignedTypes.has(HEAPU32[types >> 2]);
    prototypes[type][readName(name)] = function (...values) {
      var result = invoke(method, this.pointer, ...values);
      return isUnsigned ? result >>> 0 : result;
    };
  },
});
