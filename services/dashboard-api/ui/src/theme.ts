/** The look: one accent, calm greys, small sizes. What Mantine has no name for is in theme.css. */

import { createTheme, type MantineColorsTuple } from "@mantine/core";

const iris: MantineColorsTuple = [
  "#f3f3ff",
  "#e4e4fb",
  "#c8c8f5",
  "#a9a9ee",
  "#8c8ce8",
  "#7373e0",
  "#5b5bd6",
  "#4e4ec2",
  "#4242a8",
  "#34348a",
];

/** From text to ground, as Mantine's `dark` is: a touch of blue in every grey. */
const dark: MantineColorsTuple = [
  "#d5d8df",
  "#b3b8c4",
  "#8d94a3",
  "#6b7282",
  "#3d4351",
  "#2c313c",
  "#20242d",
  "#171a21",
  "#111318",
  "#0b0d11",
];

const gray: MantineColorsTuple = [
  "#f8f9fb",
  "#f1f3f6",
  "#e6e9ee",
  "#d6dae1",
  "#b7bdc8",
  "#949cab",
  "#677083",
  "#4c5567",
  "#333b4a",
  "#1b212c",
];

export const theme = createTheme({
  primaryColor: "iris",
  primaryShade: 6,
  colors: { iris, dark, gray },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono Variable", ui-monospace, monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: { fontWeight: "600" },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "8px", lg: "12px", xl: "20px" },
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Tooltip: {
      defaultProps: {
        openDelay: 250,
        withArrow: false,
        fz: "xs",
        events: { hover: true, focus: true, touch: true },
      },
    },
    SegmentedControl: { defaultProps: { withItemsBorders: false } },
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: "md" } },
    Drawer: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Modal: {
      defaultProps: {
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
        overlayProps: { backgroundOpacity: 0.4, blur: 2 },
      },
    },
  },
});
