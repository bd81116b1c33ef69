"""The checkpoint that ReAct's authors publish, for THUMOS14 on TSN features. No checksum is published."""

from react_tad.data.published import Published

DATASET = "thumos14"
CHECKPOINT = Published(
    name="react_thumos_pretrained_weight.pth",
    url="https://drive.google.com/file/d/1pcfJ6G5SC_zNeWG11cxtXAhj2rJVrz8q/view",
)
